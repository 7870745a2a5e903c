import time
from datetime import datetime

from recorder import check, expect, main, refused, unique

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


def work_group_of(recorder):
    """The deployed work group, or, where the API can create them, a new one with a database and a table."""
    if "workGroup" not in recorder.facts:
        recorder.facts.update(deploy(recorder))
    return recorder.facts["workGroup"]


def deploy(recorder):
    bucket = unique("athena")
    recorder.client("s3").create_bucket(Bucket=bucket)
    database = unique("market").replace("-", "_")
    glue = recorder.client("glue")
    glue.create_database(DatabaseInput={"Name": database})
    descriptor = {"Location": f"s3://{bucket}/item/", "Columns": [{"Name": "id", "Type": "bigint"}]}
    glue.create_table(
        DatabaseName=database,
        TableInput={"Name": "item", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": descriptor},
    )
    group = unique("group")
    recorder.client("athena").create_work_group(
        Name=group,
        Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{bucket}/results/"}},
    )
    # What was needed to get here is not what is compared.
    recorder.calls.clear()
    return {"workGroup": group, "database": database, "table": "item"}


def start(recorder, client, sql="SELECT 1 AS one", **options):
    """Starts a statement in the work group under test."""
    return client.start_query_execution(QueryString=sql, WorkGroup=work_group_of(recorder), **options)[
        "QueryExecutionId"
    ]


def wait(client, query):
    for _ in range(300):
        execution = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] in ENDED:
            return execution
        time.sleep(0.05)
    raise AssertionError("the statement did not end within 15 s")


@check
def runs_a_statement(recorder):
    client = recorder.client("athena")
    query = start(recorder, client)
    execution = wait(client, query)
    expect(execution["QueryExecutionId"], query)
    expect(execution["Query"], "SELECT 1 AS one")
    expect(execution["StatementType"], "DML")
    expect(execution["WorkGroup"], work_group_of(recorder))
    expect(execution["Status"]["State"], "SUCCEEDED")
    for name in ("SubmissionDateTime", "CompletionDateTime"):
        expect(isinstance(execution["Status"][name], datetime), True, name)
    location = execution["ResultConfiguration"]["OutputLocation"]
    expect(location.startswith("s3://") and location.endswith(f"{query}.csv"), True, "OutputLocation")
    for name in ("EngineExecutionTimeInMillis", "DataScannedInBytes", "TotalExecutionTimeInMillis"):
        expect(isinstance(execution["Statistics"][name], int), True, name)


@check
def gives_results_with_a_header(recorder):
    client = recorder.client("athena")
    query = start(recorder, client, "SELECT 1 AS one, 'x' AS word")
    wait(client, query)
    answer = client.get_query_results(QueryExecutionId=query)
    header, row = answer["ResultSet"]["Rows"]
    expect([cell["VarCharValue"] for cell in header["Data"]], ["one", "word"])
    expect([cell["VarCharValue"] for cell in row["Data"]], ["1", "x"])
    columns = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    expect([(column["Name"], column["Type"]) for column in columns], [("one", "integer"), ("word", "varchar")])


@check
def gives_results_page_by_page(recorder):
    client = recorder.client("athena")
    query = start(recorder, client, "SELECT n FROM (VALUES (1), (2), (3)) AS t (n) ORDER BY n")
    wait(client, query)
    rows, options = [], {}
    while True:
        page = client.get_query_results(QueryExecutionId=query, MaxResults=2, **options)
        expect(len(page["ResultSet"]["Rows"]) <= 2, True, "page size")
        rows += [row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]]
        if "NextToken" not in page:
            break
        options = {"NextToken": page["NextToken"]}
    expect(rows, ["n", "1", "2", "3"])


@check
def says_why_a_statement_failed(recorder):
    client = recorder.client("athena")
    query = start(recorder, client, "SELECT * FROM market.no_such_table")
    execution = wait(client, query)
    expect(execution["Status"]["State"], "FAILED")
    expect(bool(execution["Status"]["StateChangeReason"]), True, "StateChangeReason")
    expect(execution["Status"]["AthenaError"]["ErrorCategory"], 2, "ErrorCategory of a user error")
    refused("InvalidRequestException", lambda: client.get_query_results(QueryExecutionId=query))


@check
def refuses_what_does_not_exist(recorder):
    client = recorder.client("athena")
    nowhere = "00000000-0000-0000-0000-000000000000"
    invalid = "InvalidRequestException"
    refused(invalid, lambda: client.get_query_execution(QueryExecutionId=nowhere))
    refused(invalid, lambda: client.get_query_results(QueryExecutionId=nowhere))
    refused(invalid, lambda: client.get_work_group(WorkGroup=unique("missing")))
    refused(
        invalid,
        lambda: client.start_query_execution(QueryString="SELECT 1", WorkGroup=unique("missing")),
    )


@check
def starts_a_statement_once_per_token(recorder):
    client = recorder.client("athena")
    token = unique("token-that-has-thirty-two-characters")
    first = start(recorder, client, ClientRequestToken=token)
    expect(start(recorder, client, ClientRequestToken=token), first)
    refused(
        "InvalidRequestException",
        lambda: start(recorder, client, "SELECT 2", ClientRequestToken=token),
    )


@check
def lists_and_stops_statements(recorder):
    client = recorder.client("athena")
    query = start(recorder, client)
    wait(client, query)
    client.stop_query_execution(QueryExecutionId=query)
    listed = client.list_query_executions(WorkGroup=work_group_of(recorder))["QueryExecutionIds"]
    expect(query in listed, True, "listed")
    batch = client.batch_get_query_execution(
        QueryExecutionIds=[query, "00000000-0000-0000-0000-000000000000"]
    )
    expect([item["QueryExecutionId"] for item in batch["QueryExecutions"]], [query])
    expect(len(batch["UnprocessedQueryExecutionIds"]), 1)


@check
def describes_work_groups(recorder):
    client = recorder.client("athena")
    name = work_group_of(recorder)
    group = client.get_work_group(WorkGroup=name)["WorkGroup"]
    expect((group["Name"], group["State"]), (name, "ENABLED"))
    location = group["Configuration"]["ResultConfiguration"]["OutputLocation"]
    expect(location.startswith("s3://"), True, "OutputLocation")
    expect(name in [item["Name"] for item in client.list_work_groups()["WorkGroups"]], True, "listed")


@check
def changes_the_primary_work_group(recorder):
    client = recorder.client("athena")

    def update(**changes):
        client.update_work_group(WorkGroup="primary", ConfigurationUpdates=changes)
        return client.get_work_group(WorkGroup="primary")["WorkGroup"]["Configuration"]

    location = "s3://results-of-somebody/below/"
    changed = update(
        EnforceWorkGroupConfiguration=True,
        BytesScannedCutoffPerQuery=20_000_000,
        ResultConfigurationUpdates={"OutputLocation": location},
    )
    expect(changed["ResultConfiguration"]["OutputLocation"], location)
    expect((changed["EnforceWorkGroupConfiguration"], changed["BytesScannedCutoffPerQuery"]), (True, 20_000_000))
    restored = update(
        EnforceWorkGroupConfiguration=False,
        RemoveBytesScannedCutoffPerQuery=True,
        ResultConfigurationUpdates={"RemoveOutputLocation": True},
    )
    expect("OutputLocation" in restored.get("ResultConfiguration", {}), False, "location is left")
    expect("BytesScannedCutoffPerQuery" in restored, False, "cutoff is left")
    refused("InvalidRequestException", lambda: client.update_work_group(WorkGroup=unique("missing")))


@check
def tells_what_a_statement_took(recorder):
    client = recorder.client("athena")
    query = start(recorder, client, "SELECT * FROM (VALUES 1, 2, 3) AS t(n)")
    wait(client, query)
    took = client.get_query_runtime_statistics(QueryExecutionId=query)["QueryRuntimeStatistics"]
    timeline = took["Timeline"]
    for name in ("QueryQueueTimeInMillis", "EngineExecutionTimeInMillis", "TotalExecutionTimeInMillis"):
        expect(timeline[name] >= 0, True, name)
    expect(took["Rows"]["OutputRows"], 3)


@check
def describes_the_catalogue(recorder):
    client = recorder.client("athena")
    work_group_of(recorder)
    catalog = "AwsDataCatalog"
    names = [item["CatalogName"] for item in client.list_data_catalogs()["DataCatalogsSummary"]]
    expect(catalog in names, True, "listed")
    expect(client.get_data_catalog(Name=catalog)["DataCatalog"]["Type"], "GLUE")
    database, table = recorder.facts["database"], recorder.facts["table"]
    databases = client.list_databases(CatalogName=catalog)["DatabaseList"]
    expect(database in [item["Name"] for item in databases], True, "database")
    expect(
        client.get_database(CatalogName=catalog, DatabaseName=database)["Database"]["Name"], database
    )
    tables = client.list_table_metadata(CatalogName=catalog, DatabaseName=database)["TableMetadataList"]
    expect(table in [item["Name"] for item in tables], True, "table")
    metadata = client.get_table_metadata(CatalogName=catalog, DatabaseName=database, TableName=table)
    expect(metadata["TableMetadata"]["Name"], table)
    expect(len(metadata["TableMetadata"]["Columns"]) > 0, True, "columns")


main()
