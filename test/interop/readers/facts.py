"""Facts of columns, as column-facts.ts counts them of Athena's texts: values, nulls, distinct values, checksum."""

import hashlib
import math
import struct
from decimal import Decimal

from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    ListType,
    MapType,
    StringType,
    StructType,
    TimestampType,
)


def leaf_values(schema, columns):
    """(path, type, values, repeated) of every primitive; `columns` gives the values of a top-level column by name."""
    for field in schema.fields:
        yield from leaves_of(field.name, field.field_type, columns(field.name), False)


def leaves_of(path, kind, values, repeated):
    if isinstance(kind, StructType):
        for field in kind.fields:
            inner = [None if value is None else value[field.name] for value in values]
            yield from leaves_of(f"{path}.{field.name}", field.field_type, inner, repeated)
    elif isinstance(kind, ListType):
        inner = [item for value in values for item in value or []]
        yield from leaves_of(f"{path}.element", kind.element_type, inner, True)
    elif isinstance(kind, MapType):
        pairs = [pair for value in values for pair in value or []]
        yield from leaves_of(f"{path}.key", kind.key_type, [key for key, _ in pairs], True)
        yield from leaves_of(f"{path}.value", kind.value_type, [value for _, value in pairs], True)
    else:
        yield path, kind, values, repeated


def facts_of(kind, values):
    texts = [canonical_text(kind, value) for value in values if value is not None]
    total = sum(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in texts)
    return {
        "values": len(values),
        "nulls": len(values) - len(texts),
        "distinct": len(set(texts)),
        "checksum": f"{total % 2**64:x}",
    }


def canonical_text(kind, value):
    if isinstance(kind, BooleanType):
        return "true" if value else "false"
    if isinstance(kind, (FloatType, DoubleType)):
        return "NaN" if math.isnan(value) else struct.pack(">d", value).hex()
    if isinstance(kind, DecimalType):
        return f"{Decimal(value):.{kind.scale}f}"
    if isinstance(kind, TimestampType):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    if isinstance(kind, DateType):
        return value.isoformat()
    if isinstance(kind, BinaryType):
        return value.hex()
    if isinstance(kind, StringType):
        return value.decode() if isinstance(value, bytes) else value
    return str(int(value))
