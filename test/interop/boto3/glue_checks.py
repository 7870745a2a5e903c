from datetime import datetime

from recorder import check, expect, main, refused, unique

LOCATION = "s3://lake/market/trade"


def make_database(client):
    name = unique("market").replace("-", "_")
    client.create_database(DatabaseInput={"Name": name, "Description": "trades"})
    return name


def iceberg_input(name, version=0):
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "table_type": "ICEBERG",
            "metadata_location": f"{LOCATION}/metadata/{version:05d}.metadata.json",
        },
        "StorageDescriptor": {
            "Location": LOCATION,
            "Columns": [
                {"Name": "id", "Type": "bigint", "Comment": "identity"},
                {"Name": "price", "Type": "decimal(10,2)"},
            ],
        },
    }


def make_table(client, database, name="trade"):
    client.create_table(DatabaseName=database, TableInput=iceberg_input(name))
    return name


def table_of(client, database, name="trade"):
    return client.get_table(DatabaseName=database, Name=name)["Table"]


@check
def keeps_databases(recorder):
    client = recorder.client("glue")
    name = make_database(client)
    database = client.get_database(Name=name)["Database"]
    expect((database["Name"], database["Description"]), (name, "trades"))
    expect(isinstance(database["CreateTime"], datetime), True, "CreateTime")
    listed = [item["Name"] for page in client.get_paginator("get_databases").paginate() for item in page["DatabaseList"]]
    expect(name in listed, True, "listed")
    refused("AlreadyExistsException", lambda: client.create_database(DatabaseInput={"Name": name}))
    client.delete_database(Name=name)
    refused("EntityNotFoundException", lambda: client.get_database(Name=name))
    refused("EntityNotFoundException", lambda: client.delete_database(Name=name))


@check
def keeps_tables(recorder):
    client = recorder.client("glue")
    database = make_database(client)
    make_table(client, database)
    table = table_of(client, database)
    expect((table["Name"], table["DatabaseName"]), ("trade", database))
    expect(table["Parameters"], iceberg_input("trade")["Parameters"])
    expect(table["StorageDescriptor"]["Location"], LOCATION)
    expect(table["StorageDescriptor"]["Columns"], iceberg_input("trade")["StorageDescriptor"]["Columns"])
    expect(table["TableType"], "EXTERNAL_TABLE")
    for time in ("CreateTime", "UpdateTime"):
        expect(isinstance(table[time], datetime), True, time)
    expect(table["VersionId"].isdigit(), True, "VersionId is a number")
    refused("AlreadyExistsException", lambda: make_table(client, database))
    client.delete_table(DatabaseName=database, Name="trade")
    refused("EntityNotFoundException", lambda: table_of(client, database))
    refused("EntityNotFoundException", lambda: client.delete_table(DatabaseName=database, Name="trade"))


@check
def refuses_what_does_not_exist(recorder):
    client = recorder.client("glue")
    missing = unique("missing").replace("-", "_")
    not_found = "EntityNotFoundException"
    refused(not_found, lambda: client.get_database(Name=missing))
    refused(not_found, lambda: client.get_tables(DatabaseName=missing))
    refused(not_found, lambda: make_table(client, missing))
    database = make_database(client)
    refused(not_found, lambda: table_of(client, database, "nothing"))
    refused(
        not_found, lambda: client.update_table(DatabaseName=database, TableInput=iceberg_input("nothing"))
    )


@check
def lists_tables_page_by_page(recorder):
    client = recorder.client("glue")
    database = make_database(client)
    names = [f"t{index}" for index in range(5)]
    for name in names:
        make_table(client, database, name)
    first = client.get_tables(DatabaseName=database, MaxResults=2)
    expect(len(first["TableList"]), 2)
    pages = client.get_paginator("get_tables").paginate(
        DatabaseName=database, PaginationConfig={"PageSize": 2}
    )
    expect(sorted(table["Name"] for page in pages for table in page["TableList"]), names)
    matching = client.get_tables(DatabaseName=database, Expression="t1|t2")["TableList"]
    expect(sorted(table["Name"] for table in matching), ["t1", "t2"])


@check
def folds_names_to_lower_case(recorder):
    client = recorder.client("glue")
    database = make_database(client)
    client.create_table(DatabaseName=database.upper(), TableInput=iceberg_input("Trade"))
    expect(table_of(client, database, "TRADE")["Name"], "trade")


@check
def swaps_a_table_only_on_the_version_it_names(recorder):
    client = recorder.client("glue")
    database = make_database(client)
    make_table(client, database)
    base = table_of(client, database)["VersionId"]
    client.update_table(
        DatabaseName=database, TableInput=iceberg_input("trade", 1), VersionId=base, SkipArchive=True
    )
    after = table_of(client, database)
    expect(after["Parameters"]["metadata_location"].endswith("00001.metadata.json"), True, "moved")
    expect(int(after["VersionId"]) > int(base), True, "VersionId rises")
    refused(
        "ConcurrentModificationException",
        lambda: client.update_table(
            DatabaseName=database, TableInput=iceberg_input("trade", 2), VersionId=base, SkipArchive=True
        ),
    )
    refused(
        ("ConcurrentModificationException", "InvalidInputException", "EntityNotFoundException"),
        lambda: client.update_table(
            DatabaseName=database, TableInput=iceberg_input("trade", 2), VersionId="999", SkipArchive=True
        ),
    )
    expect(table_of(client, database), after, "nothing changed")


@check
def updates_without_a_version(recorder):
    client = recorder.client("glue")
    database = make_database(client)
    make_table(client, database)
    created = table_of(client, database)
    client.update_table(DatabaseName=database, TableInput=iceberg_input("trade", 1))
    updated = table_of(client, database)
    expect(updated["CreateTime"], created["CreateTime"], "CreateTime stays")
    expect(updated["Parameters"]["metadata_location"].endswith("00001.metadata.json"), True, "moved")


@check
def deletes_a_database_with_its_tables(recorder):
    client = recorder.client("glue")
    database = make_database(client)
    make_table(client, database)
    client.delete_database(Name=database)
    refused("EntityNotFoundException", lambda: table_of(client, database))


main()
