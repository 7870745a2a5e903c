"""The Glue Schema Registry: part of the Glue API, which other emulators follow loosely."""

import json
import time

from recorder import check, expect, main, refused, unique

PRICE = {"name": "price", "type": "double"}
NOTE = {"name": "note", "type": ["null", "string"], "default": None}
SIZE = {"name": "size", "type": "long"}


def definition(*fields):
    return json.dumps({"type": "record", "name": "trade", "namespace": "x", "fields": list(fields)})


def make_schema(client, compatibility="BACKWARD"):
    registry, schema = unique("registry"), unique("trade")
    client.create_registry(RegistryName=registry, Description="events")
    created = client.create_schema(
        RegistryId={"RegistryName": registry},
        SchemaName=schema,
        DataFormat="AVRO",
        Compatibility=compatibility,
        Description="trades",
        SchemaDefinition=definition(PRICE),
    )
    return {"RegistryName": registry, "SchemaName": schema}, created


def settled(client, version_id):
    for _ in range(100):
        version = client.get_schema_version(SchemaVersionId=version_id)
        if version["Status"] != "PENDING":
            return version
        time.sleep(0.02)
    raise AssertionError("still PENDING")


@check
def keeps_registries(recorder):
    client = recorder.client("glue")
    name = unique("registry")
    arn = client.create_registry(RegistryName=name, Description="one")["RegistryArn"]
    expect(arn.endswith(f":registry/{name}"), True, "RegistryArn")
    refused("AlreadyExistsException", lambda: client.create_registry(RegistryName=name))
    client.update_registry(RegistryId={"RegistryArn": arn}, Description="two")
    found = client.get_registry(RegistryId={"RegistryName": name})
    expect((found["Description"], found["Status"]), ("two", "AVAILABLE"))
    listed = [item["RegistryName"] for item in client.list_registries(MaxResults=100)["Registries"]]
    expect(name in listed, True, "listed")
    client.delete_registry(RegistryId={"RegistryName": name})
    refused("EntityNotFoundException", lambda: client.get_registry(RegistryId={"RegistryName": name}))
    refused("InvalidInputException", lambda: client.create_registry(RegistryName="no spaces"))


@check
def keeps_schemas(recorder):
    client = recorder.client("glue")
    schema_id, created = make_schema(client)
    expect(
        (created["SchemaCheckpoint"], created["LatestSchemaVersion"], created["NextSchemaVersion"]), (1, 1, 2), "numbers"
    )
    expect(created["SchemaVersionStatus"], "AVAILABLE")
    found = client.get_schema(SchemaId=schema_id)
    expect((found["Compatibility"], found["DataFormat"], found["Description"]), ("BACKWARD", "AVRO", "trades"))
    listed = client.list_schemas(RegistryId={"RegistryName": schema_id["RegistryName"]})["Schemas"]
    expect([item["SchemaName"] for item in listed], [schema_id["SchemaName"]])
    refused("InvalidInputException", lambda: client.update_schema(SchemaId=schema_id, Compatibility="FULL"))
    client.update_schema(SchemaId=schema_id, Compatibility="FULL_ALL", SchemaVersionNumber={"LatestVersion": True})
    expect(client.get_schema(SchemaId=schema_id)["Compatibility"], "FULL_ALL")
    client.delete_schema(SchemaId={"SchemaArn": created["SchemaArn"]})
    refused("EntityNotFoundException", lambda: client.get_schema(SchemaId=schema_id))


@check
def keeps_versions(recorder):
    client = recorder.client("glue")
    schema_id, created = make_schema(client)
    second = client.register_schema_version(SchemaId=schema_id, SchemaDefinition=definition(PRICE, NOTE))
    expect(second["VersionNumber"], 2)
    expect(settled(client, second["SchemaVersionId"])["Status"], "AVAILABLE")
    again = client.register_schema_version(SchemaId=schema_id, SchemaDefinition=definition(PRICE, NOTE))
    expect(again["SchemaVersionId"], second["SchemaVersionId"], "the same definition")
    by_definition = client.get_schema_by_definition(SchemaId=schema_id, SchemaDefinition=definition(PRICE))
    expect(by_definition["SchemaVersionId"], created["SchemaVersionId"])
    latest = client.get_schema_version(SchemaId=schema_id, SchemaVersionNumber={"LatestVersion": True})
    expect((latest["VersionNumber"], json.loads(latest["SchemaDefinition"])["name"]), (2, "trade"))
    page = client.list_schema_versions(SchemaId=schema_id, MaxResults=1)
    rest = client.list_schema_versions(SchemaId=schema_id, NextToken=page["NextToken"])
    expect([item["VersionNumber"] for item in page["Schemas"] + rest["Schemas"]], [1, 2])
    errors = client.delete_schema_versions(SchemaId=schema_id, Versions="1-2")["SchemaVersionErrors"]
    expect([error["VersionNumber"] for error in errors], [1], "the checkpoint stays")
    refused(
        "EntityNotFoundException", lambda: client.get_schema_version(SchemaVersionId=second["SchemaVersionId"])
    )


@check
def judges_versions(recorder):
    client = recorder.client("glue")
    schema_id, _ = make_schema(client)
    bad = client.register_schema_version(SchemaId=schema_id, SchemaDefinition=definition(PRICE, SIZE))
    expect(settled(client, bad["SchemaVersionId"])["Status"], "FAILURE")
    refused(
        "EntityNotFoundException",
        lambda: client.get_schema_by_definition(SchemaId=schema_id, SchemaDefinition=definition(PRICE, SIZE)),
    )
    refused(
        "InvalidInputException",
        lambda: client.register_schema_version(SchemaId=schema_id, SchemaDefinition='{"type":"record"}'),
    )
    refused(
        "EntityNotFoundException",
        lambda: client.register_schema_version(
            SchemaId={**schema_id, "SchemaName": "missing"}, SchemaDefinition=definition(PRICE)
        ),
    )
    expect(client.check_schema_version_validity(DataFormat="AVRO", SchemaDefinition=definition(PRICE))["Valid"], True)


main()
