from recorder import check, expect, main


@check
def names_the_caller(recorder):
    answer = recorder.client("sts").get_caller_identity()
    expect(len(answer["Account"]), 12, "Account")
    expect(answer["Account"].isdigit(), True, "Account is a number")
    expect(answer["Arn"].split(":")[:4], ["arn", "aws", answer["Arn"].split(":")[2], ""], "Arn")
    expect(answer["Arn"].split(":")[4], answer["Account"], "account in Arn")
    expect(bool(answer["UserId"]), True, "UserId")


main()
