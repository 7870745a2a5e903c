from datetime import datetime, timedelta, timezone

from recorder import check, expect, main, refused, unique


def make_secret(client, value="first", **options):
    name = unique("prices/key")
    return name, client.create_secret(Name=name, SecretString=value, **options)


def value_of(client, name, **which):
    return client.get_secret_value(SecretId=name, **which)["SecretString"]


@check
def creates_reads_and_describes_a_secret(recorder):
    client = recorder.client("secretsmanager")
    name, made = make_secret(client, Description="of prices", Tags=[{"Key": "team", "Value": "data"}])
    expect(made["Name"], name)
    prefix, _, suffix = made["ARN"].rpartition("-")
    expect(prefix.endswith(f":secret:{name}"), True, "ARN")
    expect(len(suffix), 6, "characters after the name")
    answer = client.get_secret_value(SecretId=name)
    expect(answer["SecretString"], "first")
    expect(answer["VersionId"], made["VersionId"])
    expect(answer["VersionStages"], ["AWSCURRENT"])
    expect(isinstance(answer["CreatedDate"], datetime), True, "CreatedDate")
    expect(value_of(client, made["ARN"]), "first", "by ARN")
    described = client.describe_secret(SecretId=name)
    expect(described["Description"], "of prices")
    expect(described["Tags"], [{"Key": "team", "Value": "data"}])
    expect(described["VersionIdsToStages"], {made["VersionId"]: ["AWSCURRENT"]})


@check
def finds_a_secret_by_an_arn_without_its_suffix(recorder):
    client = recorder.client("secretsmanager")
    _, made = make_secret(client)
    expect(value_of(client, made["ARN"].rpartition("-")[0]), "first")


@check
def keeps_bytes(recorder):
    client = recorder.client("secretsmanager")
    name = unique("bytes")
    client.create_secret(Name=name, SecretBinary=bytes([0, 1, 254, 255]))
    answer = client.get_secret_value(SecretId=name)
    expect(answer["SecretBinary"], bytes([0, 1, 254, 255]))
    expect("SecretString" in answer, False, "text")


@check
def moves_stages_with_a_new_value(recorder):
    client = recorder.client("secretsmanager")
    name, made = make_secret(client)
    put = client.put_secret_value(SecretId=name, SecretString="second")
    expect(put["VersionStages"], ["AWSCURRENT"])
    expect(value_of(client, name), "second")
    expect(value_of(client, name, VersionStage="AWSPREVIOUS"), "first")
    expect(value_of(client, name, VersionId=made["VersionId"]), "first")
    client.put_secret_value(SecretId=name, SecretString="third")
    expect(value_of(client, name, VersionStage="AWSPREVIOUS"), "second")


@check
def keeps_the_current_value_beside_a_pending_one(recorder):
    client = recorder.client("secretsmanager")
    name, _ = make_secret(client)
    put = client.put_secret_value(SecretId=name, SecretString="next", VersionStages=["AWSPENDING"])
    expect(value_of(client, name), "first")
    expect(value_of(client, name, VersionStage="AWSPENDING"), "next")
    expect(value_of(client, name, VersionId=put["VersionId"], VersionStage="AWSPENDING"), "next")
    refused(
        "InvalidRequestException",
        lambda: client.get_secret_value(SecretId=name, VersionId=put["VersionId"], VersionStage="AWSCURRENT"),
    )


@check
def takes_a_repeated_put_once(recorder):
    client = recorder.client("secretsmanager")
    name, _ = make_secret(client)
    token = "11111111-2222-4333-8444-555555555555"
    first = client.put_secret_value(SecretId=name, SecretString="second", ClientRequestToken=token)
    again = client.put_secret_value(SecretId=name, SecretString="second", ClientRequestToken=token)
    expect([first["VersionId"], again["VersionId"]], [token, token])
    refused(
        "ResourceExistsException",
        lambda: client.put_secret_value(SecretId=name, SecretString="other", ClientRequestToken=token),
    )


@check
def updates_description_and_value(recorder):
    client = recorder.client("secretsmanager")
    name, _ = make_secret(client)
    described = client.update_secret(SecretId=name, Description="changed")
    expect("VersionId" in described, False, "a version without a value")
    expect(value_of(client, name), "first")
    expect(bool(client.update_secret(SecretId=name, SecretString="second")["VersionId"]), True)
    expect(value_of(client, name), "second")
    expect(client.describe_secret(SecretId=name)["Description"], "changed")


@check
def deletes_with_a_window_and_restores(recorder):
    client = recorder.client("secretsmanager")
    name, _ = make_secret(client)
    deleted = client.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    remaining = deleted["DeletionDate"] - datetime.now(timezone.utc)
    expect(timedelta(days=6) < remaining <= timedelta(days=7, minutes=1), True, "window")
    refused("InvalidRequestException", lambda: client.get_secret_value(SecretId=name))
    refused("InvalidRequestException", lambda: client.put_secret_value(SecretId=name, SecretString="x"))
    refused("InvalidRequestException", lambda: client.create_secret(Name=name, SecretString="x"))
    expect("DeletedDate" in client.describe_secret(SecretId=name), True, "DeletedDate")
    expect(client.restore_secret(SecretId=name)["Name"], name)
    expect(value_of(client, name), "first")


@check
def deletes_at_once(recorder):
    client = recorder.client("secretsmanager")
    name, _ = make_secret(client)
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    refused("ResourceNotFoundException", lambda: client.describe_secret(SecretId=name))
    # The API reference: a forced deletion of a secret that does not exist is no error.
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@check
def lists_by_filter_and_page(recorder):
    client = recorder.client("secretsmanager")
    prefix = unique("listed")
    for word in ("one", "two", "three"):
        client.create_secret(Name=f"{prefix}/{word}", SecretString=word, Description=f"the {word}")
    by_name = [{"Key": "name", "Values": [prefix]}]
    everything = client.list_secrets(Filters=by_name, SortOrder="asc")["SecretList"]
    expect([secret["Name"] for secret in everything], [f"{prefix}/{word}" for word in ("one", "two", "three")])
    expect(any("SecretString" in secret for secret in everything), False, "values")
    first = client.list_secrets(Filters=by_name, SortOrder="asc", MaxResults=2)
    second = client.list_secrets(Filters=by_name, SortOrder="asc", MaxResults=2, NextToken=first["NextToken"])
    expect([len(page["SecretList"]) for page in (first, second)], [2, 1])
    described = client.list_secrets(Filters=[*by_name, {"Key": "description", "Values": ["two"]}])["SecretList"]
    expect([secret["Name"] for secret in described], [f"{prefix}/two"])


@check
def makes_passwords(recorder):
    client = recorder.client("secretsmanager")
    expect(len(client.get_random_password()["RandomPassword"]), 32)
    rules = {"PasswordLength": 60, "ExcludePunctuation": True, "ExcludeUppercase": True}
    password = client.get_random_password(**rules)["RandomPassword"]
    expect(len(password), 60)
    expect(password.isalnum() and password.lower() == password, True, "rules")


@check
def refuses_what_is_documented(recorder):
    client = recorder.client("secretsmanager")
    name, _ = make_secret(client)
    refused("ResourceExistsException", lambda: client.create_secret(Name=name, SecretString="x"))
    missing = unique("missing")
    refused("ResourceNotFoundException", lambda: client.get_secret_value(SecretId=missing))
    refused("ResourceNotFoundException", lambda: client.put_secret_value(SecretId=missing, SecretString="x"))
    refused("ResourceNotFoundException", lambda: client.delete_secret(SecretId=missing))
    refused("ResourceNotFoundException", lambda: client.get_secret_value(SecretId=name, VersionStage="OTHER"))


@check
def refuses_contradictions(recorder):
    client = recorder.client("secretsmanager")
    name, _ = make_secret(client)
    refused(
        "InvalidParameterException",
        lambda: client.delete_secret(SecretId=name, RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True),
    )
    refused("InvalidParameterException", lambda: client.delete_secret(SecretId=name, RecoveryWindowInDays=6))


main()
