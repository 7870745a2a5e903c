"""Facts of tables, or some of their columns, that another engine read and exported to Parquet.

Usage: python read_exported.py <endpoint> <database.table>=<file>...; prints one JSON object by table.
"""

import json
import sys

import pyarrow.parquet as parquet
from catalog import open_catalog
from facts import facts_of, leaf_values
from pyiceberg.schema import Schema


def main():
    endpoint, *pairs = sys.argv[1:]
    catalog = open_catalog(endpoint)
    facts = {}
    for pair in pairs:
        name, file = pair.split("=", 1)
        rows = parquet.read_table(file)
        schema = catalog.load_table(tuple(name.split("."))).schema()
        schema = Schema(*[field for field in schema.fields if field.name in rows.column_names])
        facts[name] = {
            path: facts_of(kind, values)
            for path, kind, values, _ in leaf_values(schema, lambda column: rows.column(column).to_pylist())
        }
    print(json.dumps(facts))


main()
