"""Copies a table with PyIceberg's own writer: same columns, same partitions, two appends.

Usage: python write_with_pyiceberg.py <endpoint> <database.table> <database.copy> <location>
"""

import sys

from catalog import open_catalog


def main():
    endpoint, source, copy, location = sys.argv[1:]
    catalog = open_catalog(endpoint)
    table = catalog.load_table(tuple(source.split(".")))
    rows = table.scan().to_arrow()
    target = catalog.create_table(
        tuple(copy.split(".")), table.schema(), location=location, partition_spec=table.spec()
    )
    half = rows.num_rows // 2
    target.append(rows.slice(0, half))
    target.append(rows.slice(half))


main()
