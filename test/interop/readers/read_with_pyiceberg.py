"""Reads tables with PyIceberg through Glue and S3, and every data file with PyArrow.

Usage: python read_with_pyiceberg.py <endpoint> <database.table>...; prints one JSON object by table:
facts of every column, and what is wrong with data files: field ids, statistics, what manifests say of them.
"""

import json
import sys

from catalog import open_catalog
from facts import facts_of, leaf_values
from file_checks import check_file


def main():
    endpoint, *names = sys.argv[1:]
    catalog = open_catalog(endpoint)
    print(json.dumps({name: judge(catalog.load_table(tuple(name.split(".")))) for name in names}))


def judge(table):
    rows = table.scan().to_arrow()
    facts = {
        path: facts_of(kind, values)
        for path, kind, values, _ in leaf_values(table.schema(), lambda name: rows.column(name).to_pylist())
    }
    files = table.inspect.files().to_pylist()
    problems = [problem for file in files for problem in check_file(table, file)]
    return {"facts": facts, "files": len(files), "problems": problems}


main()
