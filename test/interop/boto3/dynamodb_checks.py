from recorder import check, expect, main, refused, unique

INVALID = "ValidationException"


def make_table(client):
    name = unique("receipts")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
    )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    return name


def key(sort, partition="p"):
    return {"pk": {"S": partition}, "sk": {"N": str(sort)}}


def put(client, table, sort, partition="p", **attributes):
    return client.put_item(TableName=table, Item={**key(sort, partition), **attributes})


@check
def describes_a_table(recorder):
    client = recorder.client("dynamodb")
    name = make_table(client)
    table = client.describe_table(TableName=name)["Table"]
    expect((table["TableName"], table["TableStatus"], table["ItemCount"]), (name, "ACTIVE", 0))
    expect(table["TableArn"].endswith(f":table/{name}"), True, "TableArn")
    expect(table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
    expect([item["KeyType"] for item in table["KeySchema"]], ["HASH", "RANGE"])
    expect(name in client.list_tables()["TableNames"], True, "listed")
    expect(
        client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"], "DISABLED"
    )


@check
def refuses_tables_twice_and_missing(recorder):
    client = recorder.client("dynamodb")
    name = make_table(client)
    refused(
        "ResourceInUseException",
        lambda: client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        ),
    )
    missing = unique("missing")
    refused("ResourceNotFoundException", lambda: client.describe_table(TableName=missing))
    refused("ResourceNotFoundException", lambda: client.get_item(TableName=missing, Key=key(1)))
    refused("ResourceNotFoundException", lambda: client.put_item(TableName=missing, Item=key(1)))


@check
def gives_back_every_type(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    item = {
        **key(1),
        "text": {"S": "Zürich 😀"},
        "number": {"N": "12345678901234567890.12345"},
        "bytes": {"B": b"\x00\xff"},
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "list": {"L": [{"N": "1"}, {"S": ""}]},
        "map": {"M": {"a": {"N": "1"}}},
        "texts": {"SS": ["a", "b"]},
        "numbers": {"NS": ["1", "2"]},
    }
    client.put_item(TableName=table, Item=item)
    got = client.get_item(TableName=table, Key=key(1), ConsistentRead=True)["Item"]
    for sets in ("texts", "numbers"):
        kind = next(iter(got[sets]))
        got[sets][kind].sort()
    expect(got, item)
    expect("Item" in client.get_item(TableName=table, Key=key(2)), False, "missing item")


@check
def puts_under_conditions(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    once = lambda: client.put_item(
        TableName=table, Item=key(1), ConditionExpression="attribute_not_exists(pk)"
    )
    once()
    error = refused("ConditionalCheckFailedException", once)
    expect(error["ResponseMetadata"]["HTTPStatusCode"], 400)
    old = client.put_item(TableName=table, Item={**key(1), "n": {"N": "1"}}, ReturnValues="ALL_OLD")
    expect(old["Attributes"], key(1))


@check
def raises_a_total_but_never_lowers_it(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)

    def record(total):
        client.update_item(
            TableName=table,
            Key=key(1),
            UpdateExpression="SET events = :events",
            ConditionExpression="attribute_not_exists(events) OR events < :events",
            ExpressionAttributeValues={":events": {"N": str(total)}},
        )

    record(9)
    record(10)
    refused("ConditionalCheckFailedException", lambda: record(9))
    refused("ConditionalCheckFailedException", lambda: record(10))
    expect(client.get_item(TableName=table, Key=key(1))["Item"]["events"], {"N": "10"})


@check
def updates_by_expression(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    put(client, table, 1, n={"N": "1"}, gone={"S": "x"}, tags={"SS": ["a", "b"]}, list={"L": [{"N": "1"}]})
    answer = client.update_item(
        TableName=table,
        Key=key(1),
        UpdateExpression="SET #n = #n + :one, fresh = if_not_exists(fresh, :zero), #l = list_append(#l, :two) "
        "REMOVE gone ADD #sum :five DELETE tags :a",
        ExpressionAttributeNames={"#n": "n", "#l": "list", "#sum": "total"},
        ExpressionAttributeValues={
            ":one": {"N": "1"},
            ":zero": {"N": "0"},
            ":five": {"N": "5"},
            ":two": {"L": [{"N": "2"}]},
            ":a": {"SS": ["a"]},
        },
        ReturnValues="ALL_NEW",
    )
    expect(
        answer["Attributes"],
        {
            **key(1),
            "n": {"N": "2"},
            "fresh": {"N": "0"},
            "total": {"N": "5"},
            "tags": {"SS": ["b"]},
            "list": {"L": [{"N": "1"}, {"N": "2"}]},
        },
    )
    refused(
        INVALID,
        lambda: client.update_item(
            TableName=table,
            Key=key(1),
            UpdateExpression="SET n = :missing",
            ExpressionAttributeValues={":other": {"N": "1"}},
        ),
    )


@check
def refuses_reserved_words(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    refused(
        INVALID,
        lambda: client.update_item(
            TableName=table,
            Key=key(1),
            UpdateExpression="SET total = :n",
            ExpressionAttributeValues={":n": {"N": "1"}},
        ),
    )


@check
def deletes_items(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    put(client, table, 1, n={"N": "1"})
    condition = {"ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}
    refused(
        "ConditionalCheckFailedException",
        lambda: client.delete_item(TableName=table, Key=key(1), **condition),
    )
    old = client.delete_item(TableName=table, Key=key(1), ReturnValues="ALL_OLD")["Attributes"]
    expect(old["n"], {"N": "1"})
    client.delete_item(TableName=table, Key=key(1))


@check
def queries_in_the_order_of_the_sort_key(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    for sort in (10, 9, 100, -1, 2):
        put(client, table, sort)
    put(client, table, 1, "other")

    def query(**options):
        answer = client.query(
            TableName=table,
            KeyConditionExpression=options.pop("condition", "pk = :p"),
            ExpressionAttributeValues={":p": {"S": "p"}, **options.pop("values", {})},
            **options,
        )
        return [int(item["sk"]["N"]) for item in answer["Items"]]

    expect(query(), [-1, 2, 9, 10, 100])
    expect(query(ScanIndexForward=False, Limit=2), [100, 10])
    between = {":a": {"N": "2"}, ":b": {"N": "10"}}
    expect(query(condition="pk = :p AND sk BETWEEN :a AND :b", values=between), [2, 9, 10])
    expect(query(condition="pk = :p AND sk > :a", values={":a": {"N": "9"}}), [10, 100])


@check
def queries_page_by_page(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    for sort in range(5):
        put(client, table, sort)
    options, seen, pages = {}, [], 0
    while True:
        page = client.query(
            TableName=table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": "p"}},
            Limit=2,
            ConsistentRead=True,
            **options,
        )
        pages += 1
        expect(page["Count"], len(page["Items"]))
        seen += [int(item["sk"]["N"]) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        options = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    expect((seen, pages), ([0, 1, 2, 3, 4], 3))


@check
def scans_with_a_filter(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    for sort in range(6):
        put(client, table, sort, n={"N": str(sort % 2)})
    answer = client.scan(
        TableName=table,
        FilterExpression="n = :one",
        ProjectionExpression="sk",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    expect((answer["Count"], answer["ScannedCount"]), (3, 6))
    expect(sorted(int(item["sk"]["N"]) for item in answer["Items"]), [1, 3, 5])
    expect({name for item in answer["Items"] for name in item}, {"sk"})
    halves = [
        item["sk"]["N"]
        for segment in (0, 1)
        for item in client.scan(TableName=table, Segment=segment, TotalSegments=2)["Items"]
    ]
    expect(sorted(halves), ["0", "1", "2", "3", "4", "5"])


@check
def writes_and_reads_batches(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    answer = client.batch_write_item(
        RequestItems={table: [{"PutRequest": {"Item": key(sort)}} for sort in range(5)]}
    )
    expect(answer["UnprocessedItems"], {})
    answer = client.batch_get_item(RequestItems={table: {"Keys": [key(1), key(3), key(99)]}})
    expect(sorted(item["sk"]["N"] for item in answer["Responses"][table]), ["1", "3"])
    expect(answer["UnprocessedKeys"], {})
    refused(
        INVALID,
        lambda: client.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": key(1)}}, {"PutRequest": {"Item": key(1)}}]}
        ),
    )


@check
def refuses_keys_that_do_not_fit(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    refused(INVALID, lambda: client.put_item(TableName=table, Item={"pk": {"S": "p"}}))
    refused(INVALID, lambda: client.put_item(TableName=table, Item={**key(1), "sk": {"S": "1"}}))
    refused(INVALID, lambda: client.put_item(TableName=table, Item={**key(1), "pk": {"S": ""}}))
    refused(INVALID, lambda: client.get_item(TableName=table, Key={"pk": {"S": "p"}}))
    refused(INVALID, lambda: put(client, table, 1, big={"S": "x" * (400 * 1024)}))
    refused(
        INVALID,
        lambda: client.query(
            TableName=table,
            KeyConditionExpression="sk = :s",
            ExpressionAttributeValues={":s": {"N": "1"}},
        ),
    )


@check
def tags_tables(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "lake"}, {"Key": "x", "Value": "y"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["x"])
    expect(client.list_tags_of_resource(ResourceArn=arn)["Tags"], [{"Key": "team", "Value": "lake"}])


@check
def changes_how_tables_are_billed(recorder):
    client = recorder.client("dynamodb")
    name = make_table(client)
    throughput = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2}
    client.update_table(TableName=name, BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    table = client.describe_table(TableName=name)["Table"]
    expect(table["BillingModeSummary"]["BillingMode"], "PROVISIONED")
    expect({unit: table["ProvisionedThroughput"][unit] for unit in throughput}, throughput)
    refused(
        "ResourceNotFoundException",
        lambda: client.update_table(TableName=unique("missing"), BillingMode="PAY_PER_REQUEST"),
    )
    other = make_table(client)
    refused(INVALID, lambda: client.update_table(TableName=other, BillingMode="PROVISIONED"))


@check
def deletes_tables(recorder):
    client = recorder.client("dynamodb")
    table = make_table(client)
    expect(client.delete_table(TableName=table)["TableDescription"]["TableName"], table)
    client.get_waiter("table_not_exists").wait(TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    refused("ResourceNotFoundException", lambda: client.describe_table(TableName=table))


main()
