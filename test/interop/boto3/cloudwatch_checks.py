import json
import time
from datetime import datetime, timedelta, timezone

from recorder import check, expect, main, refused, unique

DEPLOYED = {}


def measured(recorder):
    """A metric with a value of this minute: of a function that is invoked, or put by us where the API takes it."""
    if DEPLOYED:
        return DEPLOYED
    if "function" in recorder.facts:
        name = recorder.facts["function"]
        recorder.client("lambda").invoke(FunctionName=name, Payload=recorder.facts["event"])
        metric = {
            "Namespace": "AWS/Lambda",
            "MetricName": "Invocations",
            "Dimensions": [{"Name": "FunctionName", "Value": name}],
        }
    else:
        client = recorder.client("cloudwatch")
        metric = {
            "Namespace": "Judged",
            "MetricName": "Invocations",
            "Dimensions": [{"Name": "FunctionName", "Value": unique("writer")}],
        }
        datum = {key: metric[key] for key in ("MetricName", "Dimensions")}
        client.put_metric_data(Namespace="Judged", MetricData=[{**datum, "Value": 1.0, "Unit": "Count"}])
        client.put_metric_alarm(
            AlarmName=unique("errors"),
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            Statistic="Sum",
            Period=60,
            Threshold=0.0,
            TreatMissingData="notBreaching",
            ActionsEnabled=True,
            **metric,
        )
    recorder.calls.clear()
    DEPLOYED.update(metric)
    return DEPLOYED


@check
def lists_metrics(recorder):
    metric = measured(recorder)
    client = recorder.client("cloudwatch")
    found = client.list_metrics(Namespace=metric["Namespace"], MetricName="Invocations")["Metrics"]
    expect(dict(metric) in found, True, "listed")
    by_dimension = client.list_metrics(Dimensions=metric["Dimensions"])["Metrics"]
    expect(dict(metric) in by_dimension, True, "listed by its dimension")
    expect(client.list_metrics(Namespace=unique("Nothing"))["Metrics"], [])


@check
def reads_statistics(recorder):
    metric = measured(recorder)
    client = recorder.client("cloudwatch")
    now = datetime.now(timezone.utc)
    for _ in range(50):
        answer = client.get_metric_statistics(
            **metric,
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum", "Maximum", "SampleCount"],
        )
        if answer["Datapoints"]:
            break
        time.sleep(0.1)
    expect(answer["Label"], "Invocations")
    total = sum(point["Sum"] for point in answer["Datapoints"])
    expect(total >= 1, True, "Sum")
    for point in answer["Datapoints"]:
        expect(isinstance(point["Timestamp"], datetime), True, "Timestamp")
        expect(point["Maximum"], 1.0, "Maximum")
        expect(point["SampleCount"], point["Sum"], "SampleCount")
    other = [{"Name": "FunctionName", "Value": unique("nobody")}]
    empty = client.get_metric_statistics(
        **{**metric, "Dimensions": other},
        StartTime=now - timedelta(minutes=10),
        EndTime=now,
        Period=60,
        Statistics=["Sum"],
    )
    expect(empty["Datapoints"], [])


@check
def describes_alarms(recorder):
    measured(recorder)
    client = recorder.client("cloudwatch")
    alarms = client.describe_alarms()["MetricAlarms"]
    expect(len(alarms) > 0, True, "alarms")
    for alarm in alarms:
        expect(alarm["StateValue"] in ("OK", "ALARM", "INSUFFICIENT_DATA"), True, "StateValue")
        for name in ("AlarmName", "AlarmArn", "EvaluationPeriods", "ComparisonOperator", "TreatMissingData"):
            expect(name in alarm, True, name)
        expect(isinstance(alarm["StateUpdatedTimestamp"], datetime), True, "StateUpdatedTimestamp")
    named = client.describe_alarms(AlarmNames=[alarms[0]["AlarmName"]])["MetricAlarms"]
    expect([alarm["AlarmName"] for alarm in named], [alarms[0]["AlarmName"]])
    expect(client.describe_alarms(AlarmNamePrefix=unique("none"))["MetricAlarms"], [])
    json.dumps([alarm["StateReason"] for alarm in alarms])


@check
def refuses_what_does_not_fit(recorder):
    metric = measured(recorder)
    client = recorder.client("cloudwatch")
    now = datetime.now(timezone.utc)
    refused(
        "InvalidParameterValue",
        lambda: client.get_metric_statistics(
            **metric, StartTime=now, EndTime=now - timedelta(minutes=5), Period=60, Statistics=["Sum"]
        ),
    )


main()
