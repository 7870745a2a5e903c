import json
import time

from recorder import check, expect, main, refused, unique


def new_queue(recorder):
    client = recorder.client("sqs")
    url = client.create_queue(QueueName=unique("target"))["QueueUrl"]
    names = ["QueueArn"]
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return client, url, arn


def bodies(client, url, count):
    found = []
    for _ in range(20):
        for message in client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
            "Messages", []
        ):
            found.append(json.loads(message["Body"]))
        if len(found) >= count:
            break
        time.sleep(0.05)
    return found


@check
def brings_events_to_a_queue(recorder):
    events = recorder.client("events")
    sqs, url, arn = new_queue(recorder)
    rule, source = unique("rule"), unique("shop")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source], "detail": {"size": [{"numeric": [">", 5]}]}}))
    answer = events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
    expect(answer["FailedEntryCount"], 0)
    sent = events.put_events(
        Entries=[
            {"Source": source, "DetailType": "Order", "Detail": json.dumps({"size": size})} for size in (5, 6)
        ]
    )
    expect(sent["FailedEntryCount"], 0)
    [event] = bodies(sqs, url, 1)
    expect(event["id"], sent["Entries"][1]["EventId"])
    expect(event["detail"], {"size": 6})
    expect(event["detail-type"], "Order")
    for name in ("version", "account", "time", "region", "resources"):
        expect(name in event, True, name)


@check
def fills_templates(recorder):
    events = recorder.client("events")
    sqs, url, arn = new_queue(recorder)
    rule, source = unique("rule"), unique("shop")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))
    transformer = {
        "InputPathsMap": {"name": "$.detail.name", "size": "$.detail.size"},
        "InputTemplate": '{"text": "hello <name>", "size": <size>}',
    }
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": arn, "InputTransformer": transformer}])
    detail = json.dumps({"name": "Ada", "size": 3})
    events.put_events(Entries=[{"Source": source, "DetailType": "x", "Detail": detail}])
    expect(bodies(sqs, url, 1), [{"text": "hello Ada", "size": 3}])


@check
def keeps_rules(recorder):
    events = recorder.client("events")
    rule = unique("rule")
    put = events.put_rule(Name=rule, ScheduleExpression="rate(5 minutes)", Description="often")
    described = events.describe_rule(Name=rule)
    expect(described["Arn"], put["RuleArn"])
    expect(described["State"], "ENABLED")
    events.disable_rule(Name=rule)
    expect(events.describe_rule(Name=rule)["State"], "DISABLED")
    events.enable_rule(Name=rule)
    expect([each["Name"] for each in events.list_rules(NamePrefix=rule)["Rules"]], [rule])
    _, _, arn = new_queue(recorder)
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn}, {"Id": "2", "Arn": arn}])
    targets = events.list_targets_by_rule(Rule=rule)["Targets"]
    expect([target["Id"] for target in targets], ["1", "2"])
    expect(events.list_rule_names_by_target(TargetArn=arn)["RuleNames"], [rule])
    refused("ValidationException", lambda: events.delete_rule(Name=rule))
    events.remove_targets(Rule=rule, Ids=["1", "2"])
    events.delete_rule(Name=rule)
    refused("ResourceNotFoundException", lambda: events.describe_rule(Name=rule))


@check
def has_buses(recorder):
    events = recorder.client("events")
    bus = unique("bus")
    arn = events.create_event_bus(Name=bus)["EventBusArn"]
    expect(events.describe_event_bus(Name=bus)["Arn"], arn)
    names = [each["Name"] for each in events.list_event_buses(NamePrefix=bus)["EventBuses"]]
    expect(names, [bus])
    refused("ResourceAlreadyExistsException", lambda: events.create_event_bus(Name=bus))
    events.delete_event_bus(Name=bus)
    refused("ResourceNotFoundException", lambda: events.describe_event_bus(Name=bus))


@check
def judges_patterns(recorder):
    events = recorder.client("events")
    base = {"id": "1", "account": "1", "time": "2026-01-01T00:00:00Z", "region": "us-east-1", "resources": []}
    event = json.dumps({**base, "source": "shop", "detail-type": "x", "detail": {"ip": "10.0.0.9", "name": "a.PNG"}})
    cases = [
        ({"source": ["shop"]}, True),
        ({"source": [{"prefix": "sh"}]}, True),
        ({"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}, True),
        ({"detail": {"name": [{"suffix": {"equals-ignore-case": ".png"}}]}}, True),
        ({"detail": {"name": [{"wildcard": "a.*"}]}}, True),
        ({"detail": {"none": [{"exists": False}]}}, True),
        ({"detail": {"name": [{"anything-but": {"prefix": "a"}}]}}, False),
        ({"$or": [{"source": ["x"]}, {"detail": {"name": ["a.PNG"]}}]}, True),
    ]
    for pattern, wanted in cases:
        expect(events.test_event_pattern(EventPattern=json.dumps(pattern), Event=event)["Result"], wanted, str(pattern))
    refused(
        "InvalidEventPatternException",
        lambda: events.test_event_pattern(EventPattern='{"source": "shop"}', Event=event),
    )


@check
def judges_entries_one_by_one(recorder):
    events = recorder.client("events")
    good = {"Source": "a", "DetailType": "b", "Detail": "{}"}
    answer = events.put_events(Entries=[good, {**good, "Detail": "[1]"}, {"Source": "a", "Detail": "{}"}])
    expect(answer["FailedEntryCount"], 2)
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    expect(codes, [None, "MalformedDetail", "InvalidArgument"])


main()
