"""Compares Athena's metadata tables with what PyIceberg reads from the same metadata and manifest files.

    AWS_ENDPOINT_URL=http://127.0.0.1:4566 python metadata_tables.py [--table database.table] [--work-group name]

Every value is compared, not only counts. What the two name differently is listed below and printed;
any other difference is printed and ends the script with status 1.
"""

import argparse
import base64
import datetime as dt
import decimal
import math
import os
import struct
import sys
import time

import boto3
import pyarrow
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, TruncateTransform
from pyiceberg.types import (
    BinaryType, BooleanType, DateType, DecimalType, DoubleType, FloatType, IntegerType, LongType, NestedField,
    StringType, TimestampType,
)

KNOWN_DIFFERENCES = [
    ("$snapshots, $history", "PyIceberg gives times without a zone, Athena in UTC"),
    ("$files", "Athena has data files only; PyIceberg lists delete files as well"),
    ("$files", "PyIceberg has spec_id, partition, sort_order_id and readable_metrics beside Athena's columns"),
    ("$files.lower_bounds, upper_bounds", "bytes in PyIceberg, Iceberg's text for people in Athena"),
    ("$files.*_counts, column_sizes", "Athena gives null for a map that the manifest leaves out, PyIceberg an empty one or null"),
    ("$manifests", "PyIceberg has content, Athena has not; Athena counts delete files in the data files' columns"),
    ("$manifests", "Athena has added, existing and deleted rows, which PyIceberg leaves out: compared with the manifest list"),
    ("$manifests.partitions", "called partition_summaries in PyIceberg; a missing bound is the text null in Athena"),
    ("$partitions", "total_size in Athena is total_data_file_size_in_bytes in PyIceberg"),
    ("$partitions", "PyIceberg has spec_id, delete counts and last update; Athena has the ranges in data: compared with the files' bounds"),
]

differences = []
compared = 0


def expect(what, ours, theirs):
    global compared
    compared += 1
    if ours != theirs and not (is_nan(ours) and is_nan(theirs)):
        differences.append(f"{what}: Athena {ours!r}, PyIceberg {theirs!r}")


def is_nan(value):
    return isinstance(value, float) and math.isnan(value)


class Athena:
    def __init__(self, database, work_group):
        self.client = boto3.client("athena")
        self.database = database
        self.work_group = work_group

    def rows(self, sql):
        """Rows as lists of text or None."""
        started = self.client.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self.database},
            WorkGroup=self.work_group,
        )
        id = started["QueryExecutionId"]
        while True:
            status = self.client.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(0.02)
        if status["State"] != "SUCCEEDED":
            raise RuntimeError(f"{sql}: {status.get('StateChangeReason')}")
        pages = self.client.get_paginator("get_query_results").paginate(QueryExecutionId=id)
        rows = [
            [cell.get("VarCharValue") for cell in row["Data"]]
            for page in pages
            for row in page["ResultSet"]["Rows"]
        ]
        return rows[1:]

    def mapping(self, table, key, column):
        """{key: {map key: map value}} of a map column; keys whose map is null are absent."""
        sql = f'SELECT t.{key}, u.k, u.v FROM "{table}" t CROSS JOIN UNNEST(t.{column}) AS u(k, v)'
        result = {}
        for name, k, v in self.rows(sql):
            result.setdefault(name, {})[k] = v
        return result


def utc(naive):
    return naive.strftime("%Y-%m-%d %H:%M:%S.") + f"{naive.microsecond // 1000:03d} UTC"


def text(value):
    return None if value is None else str(value)


def compare_snapshots(athena, table, name):
    theirs = {row["snapshot_id"]: row for row in table.inspect.snapshots().to_pylist()}
    ours = athena.rows(
        f'SELECT committed_at, snapshot_id, parent_id, operation, manifest_list FROM "{name}$snapshots"'
    )
    summaries = athena.mapping(f"{name}$snapshots", "snapshot_id", "summary")
    expect("$snapshots: ids", sorted(int(row[1]) for row in ours), sorted(theirs))
    for committed, id, parent, operation, manifest_list in ours:
        row = theirs[int(id)]
        expect(f"$snapshots {id} committed_at", committed, utc(row["committed_at"]))
        expect(f"$snapshots {id} parent_id", parent, text(row["parent_id"]))
        expect(f"$snapshots {id} operation", operation, row["operation"])
        expect(f"$snapshots {id} manifest_list", manifest_list, row["manifest_list"])
        expect(f"$snapshots {id} summary", summaries.get(id, {}), dict(row["summary"]))


def compare_history(athena, table, name):
    theirs = [
        [utc(r["made_current_at"]), str(r["snapshot_id"]), text(r["parent_id"]), str(r["is_current_ancestor"]).lower()]
        for r in table.inspect.history().to_pylist()
    ]
    expect("$history", athena.rows(f'SELECT * FROM "{name}$history" ORDER BY made_current_at'), theirs)


def compare_refs(athena, table, name):
    columns = ["name", "type", "snapshot_id", "max_reference_age_in_ms", "min_snapshots_to_keep", "max_snapshot_age_in_ms"]
    theirs = sorted([text(row[column]) for column in columns] for row in table.inspect.refs().to_pylist())
    expect("$refs", sorted(athena.rows(f'SELECT {", ".join(columns)} FROM "{name}$refs"')), theirs)


def compare_manifests(athena, table, name):
    columns = [
        "length", "partition_spec_id", "added_snapshot_id",
        "added_data_files_count", "existing_data_files_count", "deleted_data_files_count",
    ]
    rows = ["added_rows_count", "existing_rows_count", "deleted_rows_count"]
    theirs = {row["path"]: row for row in table.inspect.manifests().to_pylist()}
    snapshot = table.current_snapshot()
    listed = {m.manifest_path: m for m in snapshot.manifests(table.io)} if snapshot else {}
    ours = athena.rows(f'SELECT path, {", ".join(columns + rows)} FROM "{name}$manifests"')
    expect("$manifests: paths", sorted(row[0] for row in ours), sorted(theirs))
    for path, *values in ours:
        # Athena's counts are those of the manifest, whatever files it lists.
        delete = theirs[path]["content"] == 1
        expected = [
            text(theirs[path][column.replace("_data_", "_delete_") if delete else column]) for column in columns
        ]
        expect(f"$manifests {path}", values[: len(columns)], expected)
        expect(f"$manifests {path} rows", values[len(columns):], [str(getattr(listed[path], row)) for row in rows])
    sql = (
        f'SELECT m.path, s.contains_null, s.contains_nan, s.lower_bound, s.upper_bound FROM "{name}$manifests" m '
        "CROSS JOIN UNNEST(m.partitions) WITH ORDINALITY AS s(contains_null, contains_nan, lower_bound, upper_bound, n) "
        "ORDER BY m.path, s.n"
    )
    summaries = {}
    for path, *summary in athena.rows(sql):
        summaries.setdefault(path, []).append(summary)
    for path, row in theirs.items():
        spec = table.specs()[row["partition_spec_id"]]
        expected = [
            [text(s["contains_null"]).lower(), none_or_lower(s["contains_nan"]), *[
                bound_text(spec, i, s[side]) for side in ("lower_bound", "upper_bound")
            ]]
            for i, s in enumerate(row["partition_summaries"] or [])
        ]
        expect(f"$manifests {path} partitions", summaries.get(path, []), expected)


def none_or_lower(value):
    return None if value is None else str(value).lower()


def bound_text(spec, index, value):
    """PyIceberg prints a bound through the transform too, with `null` for a missing one."""
    return "null" if value is None else value


def compare_files(athena, table, name):
    theirs = {row["file_path"]: row for row in table.inspect.files().to_pylist() if row["content"] == 0}
    ours = athena.rows(
        f'SELECT file_path, content, file_format, record_count, file_size_in_bytes, key_metadata, equality_ids FROM "{name}$files"'
    )
    expect("$files: paths", sorted(row[0] for row in ours), sorted(theirs))
    for path, content, file_format, records, size, key_metadata, equality_ids in ours:
        row = theirs[path]
        expect(f"$files {path} content", content, str(row["content"]))
        expect(f"$files {path} file_format", file_format, row["file_format"])
        expect(f"$files {path} record_count", records, str(row["record_count"]))
        expect(f"$files {path} file_size_in_bytes", size, str(row["file_size_in_bytes"]))
        expect(f"$files {path} key_metadata", key_metadata, row["key_metadata"])
        expect(f"$files {path} equality_ids", equality_ids, row["equality_ids"])
    offsets = {}
    for path, offset in athena.rows(
        f'SELECT f.file_path, u.o FROM "{name}$files" f CROSS JOIN UNNEST(f.split_offsets) AS u(o)'
    ):
        offsets.setdefault(path, []).append(int(offset))
    for path, row in theirs.items():
        expect(f"$files {path} split_offsets", offsets.get(path, []), list(row["split_offsets"] or []))
    for column in ("column_sizes", "value_counts", "null_value_counts", "nan_value_counts"):
        maps = athena.mapping(f"{name}$files", "file_path", column)
        for path, row in theirs.items():
            expected = {str(k): str(v) for k, v in dict(row[column] or []).items()}
            expect(f"$files {path} {column}", maps.get(path, {}), expected)
    for side in ("lower", "upper"):
        maps = athena.mapping(f"{name}$files", "file_path", f"{side}_bounds")
        for path, row in theirs.items():
            expect(f"$files {path} {side}_bounds", maps.get(path, {}), readable_bounds(table, row, side))


def readable_bounds(table, row, side):
    """{field id: text} of the bounds PyIceberg decoded, by the names of its readable_metrics."""
    schema = table.schema()
    expected = {}
    for id in dict(row[f"{side}_bounds"] or []):
        field_name = schema.find_column_name(id)
        if field_name is None:
            continue
        value = row["readable_metrics"][field_name][f"{side}_bound"]
        expected[str(id)] = java_text(narrowed(schema.find_type(id), value))
    return expected


def narrowed(field_type, value):
    """A 32-bit number as the shortest text of it, which Python's 64 bits do not give."""
    if not isinstance(field_type, FloatType) or value is None:
        return value
    texts = (f"{value:.{digits}g}" for digits in range(1, 18))
    return next(float(text) for text in texts if struct.pack("f", float(text)) == struct.pack("f", value))


def java_text(value):
    """A value as Iceberg's Java library prints it for people."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dt.datetime):
        return java_local_date_time(value)
    if isinstance(value, decimal.Decimal):
        return str(value)
    return str(value)


def java_double(value):
    magnitude = abs(value)
    if value == 0 or 1e-3 <= magnitude < 1e7:
        return repr(value) if "e" not in repr(value) else f"{value:f}"
    digits, exponent = f"{decimal.Decimal(repr(value)).normalize():E}".split("E")
    digits = digits if "." in digits else f"{digits}.0"
    return f"{digits}E{int(exponent)}"


def java_local_date_time(value):
    date = value.strftime("%Y-%m-%dT%H:%M")
    if value.second == 0 and value.microsecond == 0:
        return date
    seconds = f"{date}:{value.second:02d}"
    if value.microsecond == 0:
        return seconds
    return f"{seconds}.{value.microsecond // 1000:03d}" if value.microsecond % 1000 == 0 else f"{seconds}.{value.microsecond:06d}"


def compare_partitions(athena, table, name):
    theirs = table.inspect.partitions().to_pylist()
    partitioned = len(table.spec().fields) > 0
    fields = sorted({f.name for spec in table.specs().values() for f in spec.fields})
    selected = "".join(f'partition."{field}", ' for field in fields) if partitioned else ""
    ours = athena.rows(f'SELECT {selected}record_count, file_count, total_size FROM "{name}$partitions"')
    expected = [
        [
            *([cell(row["partition"].get(field)) for field in fields] if partitioned else []),
            str(row["record_count"]), str(row["file_count"]), str(row["total_data_file_size_in_bytes"]),
        ]
        for row in theirs
    ]
    key = lambda row: [value or "" for value in row]
    expect("$partitions", sorted(ours, key=key), sorted(expected, key=key))
    compare_ranges(athena, table, name, fields if partitioned else [])


def cell(value):
    return None if value is None else (str(value).lower() if isinstance(value, bool) else str(value))


def compare_ranges(athena, table, name, fields):
    """The ranges of $partitions.data, from the bounds and counts of the files PyIceberg lists."""
    groups = {}
    for row in table.inspect.files().to_pylist():
        if row["content"] == 0:
            partition = tuple(cell((row["partition"] or {}).get(field)) for field in fields)
            groups.setdefault(partition, []).append(row)
    selected = "".join(f'partition."{field}", ' for field in fields)
    identity = {f.source_id for f in table.spec().fields if isinstance(f.transform, IdentityTransform)}
    for column in [f for f in table.schema().fields if f.field_type.is_primitive and f.field_id not in identity]:
        path = f'data."{column.name}"'
        sql = f'SELECT {selected}{path}.min, {path}.max, {path}.null_count, {path}.nan_count FROM "{name}$partitions"'
        for row in athena.rows(sql):
            group = groups[tuple(row[: len(fields)])]
            metrics = [file["readable_metrics"][column.name] for file in group]
            nulls = [dict(file["null_value_counts"] or []).get(column.field_id) for file in group]
            nans = [dict(file["nan_value_counts"] or []).get(column.field_id) for file in group]
            valued = [m for m, n, f in zip(metrics, nulls, group) if n is None or n != f["record_count"]]
            low = [m["lower_bound"] for m in valued]
            high = [m["upper_bound"] for m in valued]
            expected = [
                sql_text(narrowed(column.field_type, min(low))) if low and None not in low else None,
                sql_text(narrowed(column.field_type, max(high))) if high and None not in high else None,
                None if None in nulls else str(sum(nulls)),
                None if None in nans else str(sum(nans)),
            ]
            expect(f"$partitions data.{column.name}", row[len(fields):], expected)


def sql_text(value):
    """A value as Athena prints it."""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    return java_text(value)


def foreign_table(catalog, database):
    """A table that PyIceberg writes: many types, two partition specs, a tag, deleted rows, nulls and NaN."""
    identifier = (database, "metadata_probe")
    if catalog.table_exists(identifier):
        catalog.drop_table(identifier)
    schema = Schema(
        NestedField(1, "id", LongType(), required=True),
        NestedField(2, "symbol", StringType()),
        NestedField(3, "at", TimestampType()),
        NestedField(4, "price", DoubleType()),
        NestedField(5, "amount", DecimalType(12, 8)),
        NestedField(6, "day", DateType()),
        NestedField(7, "raw", BinaryType()),
        NestedField(8, "flag", BooleanType()),
        NestedField(9, "small", IntegerType()),
        NestedField(10, "ratio", FloatType()),
        NestedField(11, "nothing", StringType()),
    )
    spec = PartitionSpec(
        PartitionField(2, 1000, IdentityTransform(), "symbol"),
        PartitionField(3, 1001, DayTransform(), "at_day"),
    )
    location = f"{catalog.load_table((database, 'trade')).location().rsplit('/', 1)[0]}/metadata_probe"
    table = catalog.create_table(identifier, schema, location=location, partition_spec=spec)

    def row(id, symbol, at, price=1.5, amount="0.00000099", day=dt.date(2021, 1, 12), small=3):
        return {
            "id": id, "symbol": symbol, "at": at, "price": price, "amount": decimal.Decimal(amount), "day": day,
            "raw": b"\x01\xff", "flag": id % 2 == 0, "small": small, "ratio": 0.1, "nothing": None,
        }

    def append(rows):
        table.append(pyarrow.Table.from_pylist(rows, schema=table.schema().as_arrow()))

    append([row(1, "A", dt.datetime(2026, 1, 1, 10)), row(2, "A", dt.datetime(2026, 1, 1, 10, 0, 1, 120000), price=float("nan"))])
    append([row(3, None, dt.datetime(2026, 1, 2, 0, 0, 0, 1), small=None), row(4, "B, C", None, price=1e300, amount="-1234.5")])
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "audited").commit()
    with table.update_spec() as update:
        update.remove_field("at_day")
        update.add_field("id", BucketTransform(4), "id_bucket")
        update.add_field("small", TruncateTransform(2), "small_trunc")
    append([row(5, "A", dt.datetime(2026, 1, 3), day=dt.date(1969, 12, 31)), row(6, "A", dt.datetime(2026, 1, 4), price=-0.0001)])
    table.delete("id = 1")
    return table


def compare_all(athena, table, name):
    for compare in (compare_snapshots, compare_history, compare_refs, compare_manifests, compare_files, compare_partitions):
        compare(athena, table, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", default="local_market_bronze.trade")
    parser.add_argument("--work-group", default="sluice-local")
    arguments = parser.parse_args()
    for variable, value in {
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
    }.items():
        os.environ.setdefault(variable, value)
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    database, name = arguments.table.split(".")
    catalog = GlueCatalog("glue", **{
        "glue.endpoint": endpoint, "s3.endpoint": endpoint, "client.region": os.environ["AWS_DEFAULT_REGION"],
        "client.access-key-id": os.environ["AWS_ACCESS_KEY_ID"],
        "client.secret-access-key": os.environ["AWS_SECRET_ACCESS_KEY"],
    })
    table = catalog.load_table((database, name))
    athena = Athena(database, arguments.work_group)
    compare_all(athena, table, name)
    foreign = foreign_table(catalog, database)
    try:
        compare_all(athena, foreign, "metadata_probe")
    finally:
        catalog.drop_table((database, "metadata_probe"))
    print(f"{arguments.table} and a table of PyIceberg's: {compared} values of the metadata tables compared with PyIceberg, {len(differences)} differ")
    for difference in differences[:50]:
        print(f"  {difference}")
    for where, reason in KNOWN_DIFFERENCES:
        print(f"  known: {where}: {reason}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
