import { LOCAL_REGION, type SqsMessageView } from '#embedded/services.ts';

/** What a function gets of a batch. Source: AWS Lambda developer guide, "Using Lambda with Amazon SQS". */
export function queueEvent(queueArn: string, messages: readonly SqsMessageView[]): Buffer {
  return Buffer.from(JSON.stringify({ Records: messages.map((each) => record(queueArn, each)) }));
}

/** Size of a message in the event. */
export function eventRecordBytes(queueArn: string, message: SqsMessageView): number {
  return Buffer.byteLength(JSON.stringify(record(queueArn, message))) + 1;
}

function record(queueArn: string, message: SqsMessageView): unknown {
  const attributes = Object.entries(message.attributes).map(([name, attribute]) => [
    name,
    {
      ...(attribute.StringValue === undefined ? {} : { stringValue: attribute.StringValue }),
      ...(attribute.BinaryValue === undefined ? {} : { binaryValue: attribute.BinaryValue }),
      stringListValues: [],
      binaryListValues: [],
      dataType: attribute.DataType,
    },
  ]);
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: message.system,
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: message.md5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: LOCAL_REGION,
  };
}
