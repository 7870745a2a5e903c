import base64
import io
import json
import time
import zipfile

from recorder import check, expect, main, refused, unique

HANDLER = """
def handler(event, context):
    if event.get("fail"):
        raise RuntimeError("as asked")
    return {}
"""
DEPLOYED = {}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def function_of(recorder):
    """Name of a function with one mapping: the deployed one, or, where the API can create them, a new one."""
    if "function" in recorder.facts:
        return recorder.facts["function"]
    if not DEPLOYED:
        DEPLOYED["name"] = deploy(recorder)
    return DEPLOYED["name"]


def deploy(recorder):
    client = recorder.client("lambda")
    kinesis = recorder.client("kinesis")
    name = unique("writer")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.py", HANDLER)
    client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/writer",
        Code={"ZipFile": archive.getvalue()},
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    kinesis.create_stream(StreamName=name, ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    client.create_event_source_mapping(EventSourceArn=arn, FunctionName=name, StartingPosition="TRIM_HORIZON")
    for _ in range(100):
        mapping = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"][0]
        if mapping["State"] == "Enabled":
            break
        time.sleep(0.1)
    # What was needed to get here is not what is compared.
    recorder.calls.clear()
    return name


@check
def invokes_and_waits(recorder):
    client = recorder.client("lambda")
    name = function_of(recorder)
    event = recorder.facts.get("event", "{}")
    answer = client.invoke(FunctionName=name, Payload=event, LogType="Tail")
    expect(answer["StatusCode"], 200)
    expect(answer["ExecutedVersion"], "$LATEST")
    expect("FunctionError" in answer, False, "no error")
    json.loads(answer["Payload"].read())
    log = base64.b64decode(answer["LogResult"]).decode()
    for line in ("START RequestId:", "END RequestId:", "REPORT RequestId:"):
        expect(line in log, True, line)


@check
def reports_a_failing_function(recorder):
    client = recorder.client("lambda")
    event = recorder.facts.get("failingEvent", '{"fail": true}')
    answer = client.invoke(FunctionName=function_of(recorder), Payload=event)
    expect((answer["StatusCode"], answer["FunctionError"]), (200, "Unhandled"))
    error = json.loads(answer["Payload"].read())
    expect(sorted({"errorType", "errorMessage"} & set(error)), ["errorMessage", "errorType"])


@check
def invokes_without_waiting(recorder):
    client = recorder.client("lambda")
    name = function_of(recorder)
    answer = client.invoke(FunctionName=name, InvocationType="Event", Payload=recorder.facts.get("event", "{}"))
    expect((answer["StatusCode"], answer["Payload"].read()), (202, b""))
    answer = client.invoke(FunctionName=name, InvocationType="DryRun")
    expect(answer["StatusCode"], 204)


@check
def refuses_what_does_not_fit(recorder):
    client = recorder.client("lambda")
    name = function_of(recorder)
    missing = unique("missing")
    not_found = "ResourceNotFoundException"
    refused(not_found, lambda: client.invoke(FunctionName=missing, Payload=b"{}"))
    refused(not_found, lambda: client.get_function(FunctionName=missing))
    refused("InvalidRequestContentException", lambda: client.invoke(FunctionName=name, Payload=b"no json"))
    large = json.dumps("x" * 6_300_000)
    error = refused("RequestTooLargeException", lambda: client.invoke(FunctionName=name, Payload=large))
    expect(error["ResponseMetadata"]["HTTPStatusCode"], 413)


@check
def describes_functions(recorder):
    client = recorder.client("lambda")
    name = function_of(recorder)
    function = client.get_function(FunctionName=name)
    configuration = function["Configuration"]
    expect(configuration["FunctionName"], name)
    expect(configuration["FunctionArn"].endswith(f":function:{name}"), True, "FunctionArn")
    expect(configuration["Version"], "$LATEST")
    expect((configuration["State"], configuration["LastUpdateStatus"]), ("Active", "Successful"))
    expect(client.get_function(FunctionName=configuration["FunctionArn"])["Configuration"], configuration)
    names = [item["FunctionName"] for item in client.list_functions()["Functions"]]
    expect(name in names, True, "listed")


@check
def describes_event_source_mappings(recorder):
    client = recorder.client("lambda")
    name = function_of(recorder)
    mappings = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    expect(len(mappings), 1)
    mapping = mappings[0]
    expect(mapping["State"], "Enabled")
    expect(":stream/" in mapping["EventSourceArn"], True, "EventSourceArn")
    expect(mapping["FunctionArn"].endswith(f":function:{name}"), True, "FunctionArn")
    same = client.list_event_source_mappings(EventSourceArn=mapping["EventSourceArn"])
    expect([item["UUID"] for item in same["EventSourceMappings"]], [mapping["UUID"]])
    other = client.list_event_source_mappings(FunctionName=unique("other"))
    expect(other["EventSourceMappings"], [])


@check
def creates_event_source_mappings(recorder):
    client = recorder.client("lambda")
    name = function_of(recorder)
    first = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"][0]
    arn = first["EventSourceArn"]
    remove_mapping(client, first["UUID"])
    create = lambda **changes: client.create_event_source_mapping(
        **{
            "EventSourceArn": arn,
            "FunctionName": name,
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 50,
            "Enabled": False,
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 3,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            **changes,
        }
    )
    created = create()
    mapping = created["UUID"]
    expect(created["ResponseMetadata"]["HTTPStatusCode"], 202)
    view = wait_for_state(client, mapping, "Disabled")
    expect((view["BatchSize"], view["EventSourceArn"]), (50, arn))
    expect((view["BisectBatchOnFunctionError"], view["MaximumRetryAttempts"]), (True, 3))
    refused("ResourceConflictException", create)
    remove_mapping(client, mapping)
    refused("ResourceNotFoundException", lambda: client.get_event_source_mapping(UUID=mapping))
    again = create(BatchSize=first["BatchSize"], Enabled=True)
    wait_for_state(client, again["UUID"], "Enabled")
    if "function" in recorder.facts:
        # The role of the deployed function may read its own stream and no other.
        other = new_stream(recorder)
        refused("InvalidParameterValueException", lambda: create(EventSourceArn=other))


def remove_mapping(client, mapping):
    client.delete_event_source_mapping(UUID=mapping)
    for _ in range(100):
        if mapping not in [item["UUID"] for item in client.list_event_source_mappings()["EventSourceMappings"]]:
            return
        time.sleep(0.1)
    raise AssertionError(f"the mapping {mapping} was not removed")


@check
def changes_event_source_mappings(recorder):
    client = recorder.client("lambda")
    name = function_of(recorder)
    mapping = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"][0]
    identity, size = mapping["UUID"], mapping["BatchSize"]
    expect(client.get_event_source_mapping(UUID=identity)["UUID"], identity)
    updated = client.update_event_source_mapping(UUID=identity, BatchSize=size - 1)
    expect(updated["ResponseMetadata"]["HTTPStatusCode"], 202)
    expect(wait_for_state(client, identity, "Enabled")["BatchSize"], size - 1)
    client.update_event_source_mapping(UUID=identity, BatchSize=size, Enabled=False)
    expect(wait_for_state(client, identity, "Disabled")["BatchSize"], size)
    client.update_event_source_mapping(UUID=identity, Enabled=True)
    view = wait_for_state(client, identity, "Enabled")
    expect((view["EventSourceArn"], view["FunctionArn"]), (mapping["EventSourceArn"], mapping["FunctionArn"]))


def wait_for_state(client, mapping, state):
    for _ in range(100):
        view = client.get_event_source_mapping(UUID=mapping)
        if view["State"] == state:
            return view
        time.sleep(0.1)
    raise AssertionError(f"the mapping did not become {state}, it is {view['State']}")


def new_stream(recorder):
    kinesis = recorder.client("kinesis")
    name = unique("judged")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]


@check
def refuses_mappings_that_do_not_fit(recorder):
    client = recorder.client("lambda")
    name = function_of(recorder)
    arn = new_stream(recorder)
    create = lambda **changes: lambda: client.create_event_source_mapping(
        **{"EventSourceArn": arn, "FunctionName": name, "StartingPosition": "LATEST", "Enabled": False, **changes}
    )
    invalid = ("InvalidParameterValueException", "ValidationException")
    refused(invalid, create(BatchSize=10_001))
    refused(invalid, create(ParallelizationFactor=11))
    refused(invalid, create(EventSourceArn=f"{arn}-missing"))
    refused((*invalid, "ResourceNotFoundException"), create(FunctionName=unique("missing")))
    refused("ResourceNotFoundException", lambda: client.get_event_source_mapping(UUID=UNKNOWN))
    refused("ResourceNotFoundException", lambda: client.delete_event_source_mapping(UUID=UNKNOWN))


main()
