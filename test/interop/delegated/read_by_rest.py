"""Reads a table through the Iceberg REST catalog of the local cloud, its files from the object store itself.

Usage: python read_by_rest.py <endpoint> <s3 endpoint> <access key> <secret key> <database.table>; prints a JSON
array: rows, distinct events, distinct records, sum of the fees, first and last trade.
"""

import json
import sys

import pyarrow.compute as pc
from pyiceberg.catalog import load_catalog


def main():
    endpoint, s3_endpoint, access_key, secret_key, name = sys.argv[1:]
    catalog = load_catalog(
        "sluice",
        **{
            "type": "rest",
            "uri": f"{endpoint}/iceberg",
            "warehouse": "000000000000",
            "rest.sigv4-enabled": "true",
            "rest.signing-name": "glue",
            "rest.signing-region": "us-east-1",
            "client.region": "us-east-1",
            "client.access-key-id": "local",
            "client.secret-access-key": "local",
            "s3.endpoint": s3_endpoint,
            "s3.region": "us-east-1",
            "s3.access-key-id": access_key,
            "s3.secret-access-key": secret_key,
        },
    )
    rows = catalog.load_table(name).scan().to_arrow()
    trades = rows.column("trade_id")
    print(
        json.dumps(
            [
                rows.num_rows,
                pc.count_distinct(rows.column("_event_id")).as_py(),
                pc.count_distinct(rows.column("_sequence")).as_py(),
                pc.sum(rows.column("fee_cents")).as_py(),
                pc.min(trades).as_py(),
                pc.max(trades).as_py(),
            ]
        )
    )


main()
