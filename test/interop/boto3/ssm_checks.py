from datetime import datetime

from recorder import check, expect, main, refused, unique


def put(client, name, value="first", **options):
    return client.put_parameter(Name=name, Value=value, **{"Type": "SecureString", **options})


def value_of(client, name, decrypt=True):
    return client.get_parameter(Name=name, WithDecryption=decrypt)["Parameter"]["Value"]


@check
def stores_and_reads_a_secure_string(recorder):
    client = recorder.client("ssm")
    name = f"/{unique('prices')}/key"
    expect(put(client, name)["Version"], 1)
    parameter = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    expect([parameter["Name"], parameter["Type"], parameter["Value"]], [name, "SecureString", "first"])
    expect(parameter["ARN"].endswith(f":parameter{name}"), True, "ARN")
    expect(isinstance(parameter["LastModifiedDate"], datetime), True, "LastModifiedDate")
    expect(parameter["DataType"], "text")


@check
def hides_a_secure_string_without_decryption(recorder):
    client = recorder.client("ssm")
    name = f"/{unique('prices')}/key"
    put(client, name, "to be hidden")
    expect(value_of(client, name, decrypt=False) != "to be hidden", True, "encrypted")
    put(client, name + "2", "plain", Type="String")
    expect(value_of(client, name + "2", decrypt=False), "plain")


@check
def counts_versions(recorder):
    client = recorder.client("ssm")
    name = f"/{unique('prices')}/key"
    put(client, name)
    refused("ParameterAlreadyExists", lambda: put(client, name, "second"))
    expect(put(client, name, "second", Overwrite=True)["Version"], 2)
    expect(value_of(client, name), "second")
    expect(value_of(client, f"{name}:1"), "first")
    refused("ParameterVersionNotFound", lambda: client.get_parameter(Name=f"{name}:9"))
    history = client.get_parameter_history(Name=name, WithDecryption=True)["Parameters"]
    expect([(entry["Version"], entry["Value"]) for entry in history], [(1, "first"), (2, "second")])


@check
def reads_by_arn(recorder):
    client = recorder.client("ssm")
    name = f"/{unique('prices')}/key"
    put(client, name)
    arn = client.get_parameter(Name=name)["Parameter"]["ARN"]
    expect(value_of(client, arn), "first")


@check
def reads_several_and_names_the_missing(recorder):
    client = recorder.client("ssm")
    base = f"/{unique('prices')}"
    put(client, f"{base}/a", "1")
    put(client, f"{base}/b", "2", Type="String")
    answer = client.get_parameters(Names=[f"{base}/a", f"{base}/b", f"{base}/none"], WithDecryption=True)
    expect(sorted(parameter["Value"] for parameter in answer["Parameters"]), ["1", "2"])
    expect(answer["InvalidParameters"], [f"{base}/none"])


@check
def walks_a_path(recorder):
    client = recorder.client("ssm")
    base = f"/{unique('walk')}"
    for name in ("a", "b", "deep/c"):
        put(client, f"{base}/{name}", name, Type="String")
    level = client.get_parameters_by_path(Path=base)["Parameters"]
    expect(sorted(parameter["Value"] for parameter in level), ["a", "b"])
    below = client.get_parameters_by_path(Path=base, Recursive=True)["Parameters"]
    expect(sorted(parameter["Value"] for parameter in below), ["a", "b", "deep/c"])
    first = client.get_parameters_by_path(Path=base, Recursive=True, MaxResults=2)
    second = client.get_parameters_by_path(Path=base, Recursive=True, MaxResults=2, NextToken=first["NextToken"])
    expect([len(page["Parameters"]) for page in (first, second)], [2, 1])
    refused("ValidationException", lambda: client.get_parameters_by_path(Path="no/slash"))


@check
def describes_by_filter(recorder):
    client = recorder.client("ssm")
    base = f"/{unique('described')}"
    put(client, f"{base}/a", "1", Description="the first")
    put(client, f"{base}/b", "2", Type="String")
    by_path = {"Key": "Path", "Option": "Recursive", "Values": [base]}
    found = client.describe_parameters(ParameterFilters=[by_path])["Parameters"]
    expect(sorted(parameter["Name"] for parameter in found), [f"{base}/a", f"{base}/b"])
    expect(any("Value" in parameter for parameter in found), False, "values")
    secure = client.describe_parameters(
        ParameterFilters=[by_path, {"Key": "Type", "Values": ["SecureString"]}]
    )["Parameters"]
    expect([(parameter["Name"], parameter["Description"]) for parameter in secure], [(f"{base}/a", "the first")])
    named = {"Key": "Name", "Option": "BeginsWith", "Values": [f"{base}/b"]}
    expect(len(client.describe_parameters(ParameterFilters=[named])["Parameters"]), 1)


@check
def deletes(recorder):
    client = recorder.client("ssm")
    base = f"/{unique('deleted')}"
    for name in ("a", "b"):
        put(client, f"{base}/{name}")
    client.delete_parameter(Name=f"{base}/a")
    refused("ParameterNotFound", lambda: client.get_parameter(Name=f"{base}/a"))
    refused("ParameterNotFound", lambda: client.delete_parameter(Name=f"{base}/a"))
    answer = client.delete_parameters(Names=[f"{base}/a", f"{base}/b"])
    expect(answer["DeletedParameters"], [f"{base}/b"])
    expect(answer["InvalidParameters"], [f"{base}/a"])


@check
def refuses_names_and_values(recorder):
    client = recorder.client("ssm")
    refused("ValidationException", lambda: put(client, "no/slash"))
    refused("ValidationException", lambda: put(client, f"/{unique('a')}", "x" * 4097))
    refused("ParameterPatternMismatchException", lambda: put(client, f"/{unique('a')}", "x", AllowedPattern="[0-9]+"))


@check
def refuses_reserved_names(recorder):
    client = recorder.client("ssm")
    refused(("AccessDeniedException", "ValidationException"), lambda: put(client, f"/aws/{unique('a')}"))
    refused("HierarchyLevelLimitExceededException", lambda: put(client, "/a" * 16))


@check
def refuses_tags_with_overwrite(recorder):
    client = recorder.client("ssm")
    name = f"/{unique('tagged')}"
    put(client, name, Tags=[{"Key": "team", "Value": "data"}])
    refused(
        "ValidationException",
        lambda: put(client, name, "second", Overwrite=True, Tags=[{"Key": "team", "Value": "data"}]),
    )


main()
