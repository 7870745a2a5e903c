import json
import time

from recorder import check, expect, main, refused, unique

ACCOUNT_PATH = "arn:aws:sqs:us-east-1:"


def new_queue(recorder, **attributes):
    suffix = ".fifo" if "FifoQueue" in attributes else ""
    client = recorder.client("sqs")
    url = client.create_queue(QueueName=unique("queue") + suffix, Attributes=attributes)["QueueUrl"]
    return client, url


def arn_of(client, url):
    return client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def received(client, url, **options):
    options = {"MaxNumberOfMessages": 10, "WaitTimeSeconds": 1, **options}
    return client.receive_message(QueueUrl=url, **options).get("Messages", [])


@check
def keeps_queues(recorder):
    client, url = new_queue(recorder, VisibilityTimeout="40")
    name = url.split("/")[-1]
    expect(client.get_queue_url(QueueName=name)["QueueUrl"], url)
    expect(client.list_queues(QueueNamePrefix=name)["QueueUrls"], [url])
    client.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "3"})
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    expect(attributes["VisibilityTimeout"], "40")
    expect(attributes["DelaySeconds"], "3")
    expect(attributes["MaximumMessageSize"], "1048576")
    expect(attributes["MessageRetentionPeriod"], "345600")
    client.tag_queue(QueueUrl=url, Tags={"team": "a", "stage": "b"})
    client.untag_queue(QueueUrl=url, TagKeys=["stage"])
    expect(client.list_queue_tags(QueueUrl=url)["Tags"], {"team": "a"})
    client.delete_queue(QueueUrl=url)
    refused("AWS.SimpleQueueService.NonExistentQueue", lambda: client.get_queue_url(QueueName=name))


@check
def refuses_other_settings_of_a_queue(recorder):
    client, url = new_queue(recorder, VisibilityTimeout="40")
    name = url.split("/")[-1]
    expect(client.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "40"})["QueueUrl"], url)
    refused(
        "QueueAlreadyExists",
        lambda: client.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "41"}),
    )
    refused(
        "InvalidAttributeValue",
        lambda: client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "50000"}),
    )
    refused(
        "InvalidAttributeName",
        lambda: client.set_queue_attributes(QueueUrl=url, Attributes={"Colour": "red"}),
    )


@check
def carries_messages(recorder):
    client, url = new_queue(recorder)
    sent = client.send_message(
        QueueUrl=url,
        MessageBody="größe",
        MessageAttributes={
            "price": {"DataType": "Number", "StringValue": "12.5"},
            "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
    )
    [message] = received(client, url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])
    expect(message["MessageId"], sent["MessageId"])
    expect(message["MD5OfBody"], sent["MD5OfMessageBody"])
    expect(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
    expect(message["MessageAttributes"]["raw"]["BinaryValue"], b"\x00\xff")
    expect(message["Attributes"]["ApproximateReceiveCount"], "1")
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    refused("ReceiptHandleIsInvalid", lambda: client.delete_message(QueueUrl=url, ReceiptHandle="invented"))


@check
def hides_what_was_received(recorder):
    client, url = new_queue(recorder, VisibilityTimeout="1")
    client.send_message(QueueUrl=url, MessageBody="a")
    [first] = received(client, url)
    expect(received(client, url, WaitTimeSeconds=0), [])
    client.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    [again] = received(client, url, MessageSystemAttributeNames=["ApproximateReceiveCount"])
    expect(again["Attributes"], {"ApproximateReceiveCount": "2"})
    time.sleep(1.1)
    expect(len(received(client, url)), 1)


@check
def works_on_batches(recorder):
    client, url = new_queue(recorder)
    answer = client.send_message_batch(
        QueueUrl=url,
        Entries=[{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": "2", "DelaySeconds": 901}],
    )
    expect([each["Id"] for each in answer["Successful"]], ["a"])
    expect([each["Id"] for each in answer["Failed"]], ["b"])
    [message] = received(client, url)
    handle = message["ReceiptHandle"]
    client.change_message_visibility_batch(
        QueueUrl=url, Entries=[{"Id": "x", "ReceiptHandle": handle, "VisibilityTimeout": 60}]
    )
    client.delete_message_batch(QueueUrl=url, Entries=[{"Id": "x", "ReceiptHandle": handle}])
    refused(
        "AWS.SimpleQueueService.EmptyBatchRequest",
        lambda: client.send_message_batch(QueueUrl=url, Entries=[]),
    )
    twice = [{"Id": "a", "MessageBody": "1"}, {"Id": "a", "MessageBody": "2"}]
    refused(
        "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
        lambda: client.send_message_batch(QueueUrl=url, Entries=twice),
    )


@check
def keeps_the_order_of_groups(recorder):
    client, url = new_queue(recorder, FifoQueue="true", ContentBasedDeduplication="true")
    numbers = []
    for body in ("a1", "a2", "b1", "a2"):
        sent = client.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0])
        numbers.append(int(sent["SequenceNumber"]))
    expect(numbers[1], numbers[3], "a duplicate has the number of the first")
    expect(numbers[0] < numbers[1] < numbers[2], True, "numbers grow")
    [first] = received(client, url, MaxNumberOfMessages=1)
    expect(first["Body"], "a1")
    expect([each["Body"] for each in received(client, url)], ["b1"])
    client.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    expect([each["Body"] for each in received(client, url)], ["a2"])
    refused("MissingParameter", lambda: client.send_message(QueueUrl=url, MessageBody="x"))


@check
def moves_dead_letters_there_and_back(recorder):
    client, letters = new_queue(recorder)
    letters_arn = arn_of(client, letters)
    policy = json.dumps({"deadLetterTargetArn": letters_arn, "maxReceiveCount": 1})
    _, url = new_queue(recorder, RedrivePolicy=policy, VisibilityTimeout="0")
    expect(client.list_dead_letter_source_queues(QueueUrl=letters)["queueUrls"], [url])
    client.send_message(QueueUrl=url, MessageBody="poison")
    expect(len(received(client, url)), 1)
    expect(received(client, url), [])
    [dead] = received(client, letters, VisibilityTimeout=0, MessageSystemAttributeNames=["All"])
    expect(dead["Attributes"]["DeadLetterQueueSourceArn"], arn_of(client, url))
    client.start_message_move_task(SourceArn=letters_arn)
    for _ in range(50):
        [task] = client.list_message_move_tasks(SourceArn=letters_arn)["Results"]
        if task["Status"] == "COMPLETED":
            break
        time.sleep(0.1)
    expect(task["ApproximateNumberOfMessagesMoved"], 1)
    expect([each["Body"] for each in received(client, url)], ["poison"])


@check
def counts_and_purges(recorder):
    client, url = new_queue(recorder)
    client.send_message(QueueUrl=url, MessageBody="a")
    client.send_message(QueueUrl=url, MessageBody="b", DelaySeconds=60)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    expect(attributes, {names[0]: "1", names[1]: "1"})
    client.purge_queue(QueueUrl=url)
    expect(received(client, url, WaitTimeSeconds=0), [])


@check
def refuses_what_does_not_fit(recorder):
    client, url = new_queue(recorder, MaximumMessageSize="1024")
    refused("InvalidParameterValue", lambda: client.send_message(QueueUrl=url, MessageBody="x" * 1025))
    refused("InvalidMessageContents", lambda: client.send_message(QueueUrl=url, MessageBody="\x01"))
    refused(
        "InvalidParameterValue",
        lambda: client.receive_message(QueueUrl=url, MaxNumberOfMessages=11),
    )
    missing = url.replace("queue", "missing")
    refused(
        "AWS.SimpleQueueService.NonExistentQueue",
        lambda: client.send_message(QueueUrl=missing, MessageBody="x"),
    )


main()
