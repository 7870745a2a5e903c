"""One Parquet file against its values: field ids, statistics of row groups, and what the manifest says of it."""

import datetime
import math

import pyarrow.parquet as parquet
from pyarrow import types as arrow
from pyiceberg.conversions import from_bytes
from pyiceberg.io.pyarrow import pyarrow_to_schema
from pyiceberg.types import DoubleType, FloatType, ListType, MapType, StructType

from facts import leaf_values


def check_file(table, file):
    path = file["file_path"]
    with table.io.new_input(path).open() as stream:
        stored = parquet.ParquetFile(stream)
        columns = stored.read()
        metadata = stored.metadata
    found = list(check_field_ids(table, columns.schema))
    found += check_row_groups(columns, metadata)
    found += check_manifest(table, file, columns, metadata)
    return [f"{path}: {problem}" for problem in found]


def check_field_ids(table, schema):
    """PyIceberg reads the ids off the file; some schema of the table has to have the same columns."""
    stored = pyarrow_to_schema(schema)
    if not any(outline(known) == outline(stored) for known in table.schemas().values()):
        yield f"field ids, names or types are those of no schema of the table: {outline(stored)}"


def outline(schema):
    return [outline_of(field) for field in schema.fields]


def outline_of(field):
    kind = field.field_type
    if isinstance(kind, StructType):
        inner = [outline_of(child) for child in kind.fields]
    elif isinstance(kind, ListType):
        inner = [outline_of(kind.element_field)]
    elif isinstance(kind, MapType):
        inner = [outline_of(kind.key_field), outline_of(kind.value_field)]
    else:
        inner = str(kind)
    return field.field_id, field.name, field.required, inner


def check_row_groups(columns, metadata):
    """Statistics of every column chunk against the values of its rows."""
    start = 0
    for index in range(metadata.num_row_groups):
        group = metadata.row_group(index)
        rows = columns.slice(start, group.num_rows)
        start += group.num_rows
        for place in range(group.num_columns):
            chunk = group.column(place)
            yield from check_chunk(chunk, chunk_values(rows, chunk.path_in_schema.split(".")))
    if start != metadata.num_rows:
        yield f"row groups hold {start} rows, the footer says {metadata.num_rows}"


def check_chunk(chunk, values):
    where = f"column {chunk.path_in_schema}"
    statistics = chunk.statistics
    if statistics is None:
        yield f"{where}: no statistics"
        return
    present = [value for value in values if value is not None]
    # Of a list the footer counts an empty or missing one as a null.
    is_repeated = ".list." in chunk.path_in_schema or ".key_value." in chunk.path_in_schema
    if not is_repeated and statistics.null_count != len(values) - len(present):
        yield f"{where}: null_count {statistics.null_count}, counted {len(values) - len(present)}"
    if statistics.num_values != len(present):
        yield f"{where}: {statistics.num_values} values, counted {len(present)}"
    comparable = [value for value in present if not (isinstance(value, float) and math.isnan(value))]
    if not statistics.has_min_max:
        if comparable:
            yield f"{where}: no minimum and maximum of {len(comparable)} values"
        return
    if not comparable:
        yield f"{where}: a minimum or maximum of no values"
        return
    low, high = (as_bytes(value) for value in (statistics.min, statistics.max))
    least, most = (as_bytes(value) for value in (min(comparable, key=as_bytes), max(comparable, key=as_bytes)))
    # Long texts and bytes are shortened: the minimum may be lower, the maximum higher.
    is_text = isinstance(low, bytes)
    if not (low == least or (is_text and low < least and least.startswith(low))):
        yield f"{where}: minimum {low!r}, the least value is {least!r}"
    if not (high == most or (is_text and high > most)):
        yield f"{where}: maximum {high!r}, the greatest value is {most!r}"


def as_bytes(value):
    """Texts order by their UTF-8 bytes."""
    return value.encode() if isinstance(value, str) else value


def chunk_values(rows, path):
    """Values of a leaf by its Parquet path; `list` and `key_value` are groups without a column of their own."""
    name, *rest = path
    return descend(rows.column(name).to_pylist(), rows.schema.field(name).type, rest)


def descend(values, kind, path):
    if not path:
        return values
    if arrow.is_struct(kind):
        inner = kind.field(path[0])
        return descend([None if value is None else value[inner.name] for value in values], inner.type, path[1:])
    if arrow.is_map(kind):
        place, inner = (0, kind.key_type) if path[1] == "key" else (1, kind.item_type)
        return descend([pair[place] for value in values for pair in value or []], inner, path[2:])
    return descend([item for value in values for item in value or []], kind.value_type, path[2:])


def check_manifest(table, file, columns, metadata):
    """Counts, sizes and bounds of the manifest against values and footer, decoded by PyIceberg."""
    if file["record_count"] != columns.num_rows:
        yield f"record_count {file['record_count']}, the file has {columns.num_rows}"
    schema = pyarrow_to_schema(columns.schema)
    sizes = chunk_sizes(metadata)
    names = {schema.find_field(identity).field_id: schema.find_column_name(identity) for identity in schema.field_ids}
    maps = {name: dict(file[name] or []) for name in MAPS}
    for path, kind, values, is_repeated in leaf_values(schema, lambda name: columns.column(name).to_pylist()):
        identity = next(known for known, name in names.items() if name == path)
        where = f"column {identity} ({path})"
        present = [value for value in values if value is not None]
        if maps["column_sizes"].get(identity) != sizes.get(path):
            yield f"{where}: column_sizes {maps['column_sizes'].get(identity)}, the chunks have {sizes.get(path)}"
        if is_repeated:
            continue
        counted = {
            "value_counts": len(values),
            "null_value_counts": len(values) - len(present),
        }
        if isinstance(kind, (FloatType, DoubleType)):
            counted["nan_value_counts"] = sum(1 for value in present if math.isnan(value))
            present = [value for value in present if not math.isnan(value)]
        for name, count in counted.items():
            if maps[name].get(identity) != count:
                yield f"{where}: {name} {maps[name].get(identity)}, counted {count}"
        yield from check_bounds(where, kind, maps, identity, present)


MAPS = ("column_sizes", "value_counts", "null_value_counts", "nan_value_counts", "lower_bounds", "upper_bounds")


def check_bounds(where, kind, maps, identity, present):
    lower, upper = maps["lower_bounds"].get(identity), maps["upper_bounds"].get(identity)
    if not present:
        if lower is not None or upper is not None:
            yield f"{where}: bounds of no values"
        return
    if lower is None:
        yield f"{where}: no lower bound"
        return
    least, most = (as_bytes(value) for value in (min(present, key=as_bytes), max(present, key=as_bytes)))
    low = as_bytes(plain(from_bytes(kind, lower), least))
    is_text = isinstance(low, bytes)
    if not (low == least or (is_text and low < least and least.startswith(low))):
        yield f"{where}: lower bound {low!r}, the least value is {least!r}"
    if upper is None:
        if not is_text:
            yield f"{where}: no upper bound"
        return
    high = as_bytes(plain(from_bytes(kind, upper), most))
    if not (high == most or (is_text and high > most)):
        yield f"{where}: upper bound {high!r}, the greatest value is {most!r}"


def plain(bound, example):
    """PyIceberg decodes times to numbers; PyArrow gives dates and datetimes."""
    if isinstance(example, datetime.datetime):
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=bound)
    if isinstance(example, datetime.date):
        return datetime.date(1970, 1, 1) + datetime.timedelta(days=bound)
    return bound


def chunk_sizes(metadata):
    sizes = {}
    for index in range(metadata.num_row_groups):
        group = metadata.row_group(index)
        for place in range(group.num_columns):
            chunk = group.column(place)
            path = ".".join(part for part in chunk.path_in_schema.split(".") if part not in ("list", "key_value"))
            sizes[path] = sizes.get(path, 0) + chunk.total_compressed_size
    return sizes
