"""Compares the Iceberg REST endpoint of the local cloud's Glue with its Glue API, both read by PyIceberg.

AWS_ENDPOINT_URL names the local cloud. Ends with 1 where the two differ, or where a refusal is not the documented one.
"""

import hashlib
import os
import sys

from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
KEYS = {"access-key-id": "local", "secret-access-key": "local", "region": "us-east-1"}
COMMON = {f"{part}.{key}": value for part in ("s3", "client", "glue") for key, value in KEYS.items()}
GLUE = load_catalog("glue", **{"type": "glue", "glue.endpoint": ENDPOINT, "s3.endpoint": ENDPOINT, **COMMON})
REST = load_catalog(
    "rest",
    **{
        "type": "rest",
        "uri": f"{ENDPOINT}/iceberg",
        "warehouse": "000000000000",
        "rest.sigv4-enabled": "true",
        "rest.signing-name": "glue",
        "rest.signing-region": "us-east-1",
        "s3.endpoint": ENDPOINT,
        **COMMON,
    },
)
problems = []


def same(what, rest, glue):
    if rest != glue:
        problems.append(f"{what}: {rest} by REST, {glue} by Glue")


def digest(table):
    """Of all rows, in any order: files are read by several threads, and a NaN is not equal to itself."""
    rows = sorted(repr(row) for row in table.scan().to_arrow().to_pylist())
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()


def refused(what, error, call):
    try:
        call()
        problems.append(f"{what}: not refused")
    except error:
        pass


def main():
    namespaces = sorted(GLUE.list_namespaces())
    same("namespaces", sorted(REST.list_namespaces()), namespaces)
    tables = [ident for namespace in namespaces for ident in sorted(GLUE.list_tables(namespace))]
    same("tables", [ident for namespace in namespaces for ident in sorted(REST.list_tables(namespace))], tables)
    for ident in tables:
        name = ".".join(ident)
        by_rest, by_glue = REST.load_table(ident), GLUE.load_table(ident)
        same(f"{name} location", by_rest.metadata_location, by_glue.metadata_location)
        same(f"{name} metadata", by_rest.metadata, by_glue.metadata)
        same(f"{name} rows", digest(by_rest), digest(by_glue))
        same(f"{name} exists", REST.table_exists(ident), True)
    present = tables[0]
    same("missing table exists", REST.table_exists((present[0], "nothing")), False)
    refused("missing table", NoSuchTableError, lambda: REST.load_table((present[0], "nothing")))
    refused("missing namespace", NoSuchNamespaceError, lambda: REST.list_tables(("nothing",)))
    refused("drop of a missing table", NoSuchTableError, lambda: REST.drop_table((present[0], "nothing")))
    # The catalog says what it serves, and a client does not ask for the rest.
    refused("namespace", NotImplementedError, lambda: REST.create_namespace(("nothing",)))
    for problem in problems:
        print(problem)
    print(f"{len(tables)} tables in {len(namespaces)} namespaces compared, {len(problems)} differences")
    sys.exit(1 if problems else 0)


main()
