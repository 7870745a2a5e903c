import time
from datetime import datetime, timedelta, timezone

from recorder import check, expect, main, refused, unique

LAST_HASH_KEY = 2**128 - 1


def make_stream(client, shards=2, name=None):
    name = name or unique("events")
    client.create_stream(StreamName=name, ShardCount=shards)
    wait_until_active(client, name)
    return name


def wait_until_active(client, name):
    for _ in range(300):
        if client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
            return
        time.sleep(0.02)
    raise AssertionError(f"{name} did not become active")


def shards_of(client, name):
    return client.list_shards(StreamName=name)["Shards"]


def records_from(client, name, shard, **position):
    """Every record behind an iterator, at most twenty answers."""
    iterator = client.get_shard_iterator(StreamName=name, ShardId=shard, **position)["ShardIterator"]
    records = []
    for _ in range(20):
        page = client.get_records(ShardIterator=iterator)
        records += page["Records"]
        iterator = page.get("NextShardIterator")
        if iterator is None or (not page["Records"] and page["MillisBehindLatest"] == 0):
            return records
    return records


@check
def describes_a_new_stream(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client)
    description = client.describe_stream(StreamName=name)["StreamDescription"]
    expect(description["StreamName"], name)
    expect(description["StreamStatus"], "ACTIVE")
    expect(description["RetentionPeriodHours"], 24)
    expect(description["HasMoreShards"], False)
    expect(len(description["Shards"]), 2)
    expect(description["EncryptionType"], "NONE")
    expect(description["StreamARN"].endswith(f":stream/{name}"), True, "StreamARN")
    expect(isinstance(description["StreamCreationTimestamp"], datetime), True, "creation time")
    expect(description["StreamModeDetails"], {"StreamMode": "PROVISIONED"})
    expect(description["EnhancedMonitoring"], [{"ShardLevelMetrics": []}])
    summary = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    expect(summary["OpenShardCount"], 2)
    expect(summary["ConsumerCount"], 0)


@check
def takes_an_arn_for_a_name(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 1)
    arn = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    expect(client.describe_stream_summary(StreamARN=arn)["StreamDescriptionSummary"]["StreamName"], name)
    client.put_record(StreamARN=arn, PartitionKey="k", Data=b"x")
    expect(len(client.list_shards(StreamARN=arn)["Shards"]), 1)


@check
def lists_streams_page_by_page(recorder):
    client = recorder.client("kinesis")
    # Made against the order in which they are listed.
    word = unique("listed")
    names = [make_stream(client, 1, f"{word}-{letter}") for letter in "cba"][::-1]
    listed, after = [], {}
    while True:
        page = client.list_streams(Limit=2, **after)
        expect(len(page["StreamNames"]) <= 2, True, "page size")
        listed += page["StreamNames"]
        if not page["HasMoreStreams"]:
            break
        after = {"ExclusiveStartStreamName": page["StreamNames"][-1]}
    expect([name for name in listed if name in names], names)


@check
def lists_shards_page_by_page(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 5)
    first = client.list_shards(StreamName=name, MaxResults=2)
    second = client.list_shards(NextToken=first["NextToken"], MaxResults=2)
    third = client.list_shards(NextToken=second["NextToken"], MaxResults=2)
    expect("NextToken" in third, False, "no further page")
    ids = [shard["ShardId"] for page in (first, second, third) for shard in page["Shards"]]
    expect(ids, [f"shardId-{index:012d}" for index in range(5)])
    after = client.list_shards(StreamName=name, ExclusiveStartShardId=ids[2])["Shards"]
    expect([shard["ShardId"] for shard in after], ids[3:])
    refused(
        "InvalidArgumentException",
        lambda: client.list_shards(StreamName=name, NextToken=first["NextToken"]),
    )


@check
def refuses_what_does_not_exist(recorder):
    client = recorder.client("kinesis")
    name = unique("missing")
    missing = "ResourceNotFoundException"
    refused(missing, lambda: client.describe_stream(StreamName=name))
    refused(missing, lambda: client.describe_stream_summary(StreamName=name))
    refused(missing, lambda: client.list_shards(StreamName=name))
    refused(missing, lambda: client.put_record(StreamName=name, PartitionKey="k", Data=b"x"))
    refused(missing, lambda: client.put_records(StreamName=name, Records=[{"PartitionKey": "k", "Data": b"x"}]))
    refused(missing, lambda: client.delete_stream(StreamName=name))
    stream = make_stream(client, 1)
    refused(
        missing,
        lambda: client.get_shard_iterator(
            StreamName=stream, ShardId="shardId-000000000007", ShardIteratorType="LATEST"
        ),
    )
    refused("InvalidArgumentException", lambda: client.get_records(ShardIterator="nonsense"))


@check
def refuses_to_create_a_stream_twice(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 1)
    refused("ResourceInUseException", lambda: client.create_stream(StreamName=name, ShardCount=1))


@check
def puts_single_records(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client)
    first = client.put_record(StreamName=name, PartitionKey="k", Data=b"\x00\xff")
    second = client.put_record(
        StreamName=name,
        PartitionKey="k",
        Data=b"2",
        SequenceNumberForOrdering=first["SequenceNumber"],
    )
    expect(first["ShardId"], second["ShardId"])
    expect(int(first["SequenceNumber"]) < int(second["SequenceNumber"]), True, "sequence numbers rise")
    expect(first["EncryptionType"], "NONE")
    moved = client.put_record(StreamName=name, PartitionKey="k", Data=b"x", ExplicitHashKey=str(LAST_HASH_KEY))
    expect(moved["ShardId"], "shardId-000000000001")


@check
def puts_many_records(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client)
    answer = client.put_records(
        StreamName=name,
        Records=[{"PartitionKey": f"key-{index}", "Data": str(index).encode()} for index in range(20)],
    )
    expect(answer["FailedRecordCount"], 0)
    expect(answer["EncryptionType"], "NONE")
    expect(len(answer["Records"]), 20)
    expect(all("ErrorCode" not in record for record in answer["Records"]), True, "no error code")
    records = [
        record
        for shard in shards_of(client, name)
        for record in records_from(client, name, shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    ]
    expect(sorted(int(record["Data"]) for record in records), list(range(20)))
    expect({record["EncryptionType"] for record in records}, {"NONE"})


@check
def starts_reading_at_every_kind_of_position(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 1)
    shard = "shardId-000000000000"
    latest = client.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType="LATEST")["ShardIterator"]
    numbers = [
        client.put_record(StreamName=name, PartitionKey="k", Data=str(index).encode())["SequenceNumber"]
        for index in range(3)
    ]
    texts = lambda records: [record["Data"] for record in records]
    read = lambda **position: texts(records_from(client, name, shard, **position))
    expect(texts(client.get_records(ShardIterator=latest)["Records"]), [b"0", b"1", b"2"])
    expect(read(ShardIteratorType="TRIM_HORIZON"), [b"0", b"1", b"2"])
    expect(read(ShardIteratorType="LATEST"), [])
    expect(
        read(ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]),
        [b"1", b"2"],
    )
    expect(read(ShardIteratorType="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]), [b"2"])
    past = datetime.now(timezone.utc) - timedelta(minutes=5)
    expect(read(ShardIteratorType="AT_TIMESTAMP", Timestamp=past), [b"0", b"1", b"2"])


@check
def reads_with_a_limit(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 1)
    for index in range(5):
        client.put_record(StreamName=name, PartitionKey="k", Data=str(index).encode())
    iterator = client.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    first = client.get_records(ShardIterator=iterator, Limit=2)
    second = client.get_records(ShardIterator=first["NextShardIterator"], Limit=2)
    expect([record["Data"] for record in first["Records"] + second["Records"]], [b"0", b"1", b"2", b"3"])
    again = client.get_records(ShardIterator=iterator, Limit=2)
    expect([record["Data"] for record in again["Records"]], [b"0", b"1"], "an iterator can be used again")


@check
def refuses_iterators_that_contradict_themselves(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client)
    number = client.put_record(StreamName=name, PartitionKey="k", Data=b"x", ExplicitHashKey="0")["SequenceNumber"]
    iterator = lambda **options: lambda: client.get_shard_iterator(StreamName=name, **options)
    invalid = "InvalidArgumentException"
    refused(invalid, iterator(ShardId="shardId-000000000000", ShardIteratorType="AT_SEQUENCE_NUMBER"))
    refused(
        invalid,
        iterator(
            ShardId="shardId-000000000001",
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            StartingSequenceNumber=number,
        ),
    )
    refused(
        invalid,
        iterator(
            ShardId="shardId-000000000000",
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            StartingSequenceNumber="7",
        ),
    )
    refused(invalid, iterator(ShardId="shardId-000000000000", ShardIteratorType="AT_TIMESTAMP"))


@check
def splits_a_shard(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 1)
    number = client.put_record(StreamName=name, PartitionKey="k", Data=b"before")["SequenceNumber"]
    client.split_shard(
        StreamName=name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str((LAST_HASH_KEY + 1) // 2)
    )
    wait_until_active(client, name)
    parent, left, right = shards_of(client, name)
    expect("EndingSequenceNumber" in parent["SequenceNumberRange"], True, "the parent is closed")
    expect(int(parent["SequenceNumberRange"]["EndingSequenceNumber"]) >= int(number), True, "after its records")
    for child in (left, right):
        expect(child["ParentShardId"], parent["ShardId"])
        expect("AdjacentParentShardId" in child, False, "one parent")
        expect("EndingSequenceNumber" in child["SequenceNumberRange"], False, "open")
    expect(left["HashKeyRange"]["StartingHashKey"], "0")
    expect(int(left["HashKeyRange"]["EndingHashKey"]) + 1, int(right["HashKeyRange"]["StartingHashKey"]))
    expect(right["HashKeyRange"]["EndingHashKey"], str(LAST_HASH_KEY))
    iterator = client.get_shard_iterator(
        StreamName=name, ShardId=parent["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    children, read = None, []
    for _ in range(5):
        page = client.get_records(ShardIterator=iterator)
        read += page["Records"]
        if "NextShardIterator" not in page:
            children = page.get("ChildShards")
            break
        iterator = page["NextShardIterator"]
    expect([record["Data"] for record in read], [b"before"])
    expect(
        sorted(child["ShardId"] for child in children or []),
        sorted([left["ShardId"], right["ShardId"]]),
        "the end of a closed shard names its children",
    )
    refused(
        ("ResourceInUseException", "InvalidArgumentException", "ResourceNotFoundException"),
        lambda: client.split_shard(
            StreamName=name, ShardToSplit=parent["ShardId"], NewStartingHashKey=str(LAST_HASH_KEY // 3)
        ),
    )


@check
def merges_two_shards(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 2)
    client.merge_shards(
        StreamName=name, ShardToMerge="shardId-000000000000", AdjacentShardToMerge="shardId-000000000001"
    )
    wait_until_active(client, name)
    child = shards_of(client, name)[2]
    expect(child["ParentShardId"], "shardId-000000000000")
    expect(child["AdjacentParentShardId"], "shardId-000000000001")
    expect(child["HashKeyRange"], {"StartingHashKey": "0", "EndingHashKey": str(LAST_HASH_KEY)})


@check
def refuses_to_merge_shards_that_are_no_neighbours(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 3)
    refused(
        "InvalidArgumentException",
        lambda: client.merge_shards(
            StreamName=name, ShardToMerge="shardId-000000000000", AdjacentShardToMerge="shardId-000000000002"
        ),
    )


@check
def changes_the_number_of_shards(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 2)
    answer = client.update_shard_count(StreamName=name, TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    expect(answer["CurrentShardCount"], 2)
    expect(answer["TargetShardCount"], 4)
    expect(answer["StreamName"], name)
    wait_until_active(client, name)
    expect(client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["OpenShardCount"], 4)
    open_shards = [
        shard for shard in shards_of(client, name) if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    ]
    expect(len(open_shards), 4)


@check
def changes_the_retention(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 1)
    hours = lambda: client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"][
        "RetentionPeriodHours"
    ]
    client.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    wait_until_active(client, name)
    expect(hours(), 48)
    client.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=24)
    wait_until_active(client, name)
    expect(hours(), 24)
    invalid = "InvalidArgumentException"
    refused(invalid, lambda: client.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=23))
    refused(invalid, lambda: client.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=48))


@check
def takes_larger_records_where_the_stream_does(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 1)
    put = lambda size: client.put_record(StreamName=name, PartitionKey="k", Data=b"x" * size)
    refused(("ValidationException", "InvalidArgumentException"), lambda: put(2**20))
    arn = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    client.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=4096)
    wait_until_active(client, name)
    summary = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    expect(summary["MaxRecordSizeInKiB"], 4096)
    put(3 * 2**20)
    records = records_from(client, name, "shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
    expect([len(record["Data"]) for record in records], [3 * 2**20])
    refused(("ValidationException", "InvalidArgumentException"), lambda: put(4 * 2**20))


@check
def lists_tags(recorder):
    client = recorder.client("kinesis")
    name = unique("events")
    client.create_stream(StreamName=name, ShardCount=1, Tags={"team": "lake"})
    wait_until_active(client, name)
    answer = client.list_tags_for_stream(StreamName=name)
    expect(answer["Tags"], [{"Key": "team", "Value": "lake"}])
    expect(answer["HasMoreTags"], False)


@check
def deletes_a_stream(recorder):
    client = recorder.client("kinesis")
    name = make_stream(client, 1)
    client.delete_stream(StreamName=name)
    for _ in range(100):
        if name not in client.list_streams()["StreamNames"]:
            break
        time.sleep(0.02)
    refused("ResourceNotFoundException", lambda: client.describe_stream_summary(StreamName=name))


main()
