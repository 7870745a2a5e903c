import { describe, expect, it } from 'vitest';
import { decodeFailedBatches, failureTimeMs } from '#core/ledger/failure-object.ts';

const URI =
  's3://dead/aws/lambda/4b9de2a3/shardId-000000000001/2026/11/20/2026-11-20T21.05.33-6a1f7c52-9e0e-4f0a-8d3b-2f6c1b1d9f10';

/** As Lambda writes it to S3. Source: AWS Lambda developer guide, example of an invocation record. */
function invocationRecord(records: readonly unknown[]): Buffer {
  return Buffer.from(
    JSON.stringify({
      requestContext: {
        requestId: 'c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5',
        functionArn: 'arn:aws:lambda:us-east-2:123456789012:function:myfunction',
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 1,
      },
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        functionError: 'Unhandled',
      },
      version: '1.0',
      timestamp: '2019-11-14T00:38:06.021Z',
      KinesisBatchInfo: {
        shardId: 'shardId-000000000001',
        startSequenceNumber: '49601189658422359378836298521827638475320189012309704722',
        endSequenceNumber: '49601189658422359378836298522902373528957594348623495186',
        approximateArrivalOfFirstRecord: '2019-11-14T00:38:04.835Z',
        approximateArrivalOfLastRecord: '2019-11-14T00:38:05.580Z',
        batchSize: 500,
        streamArn: 'arn:aws:kinesis:us-east-2:123456789012:stream/mystream',
      },
      payload: JSON.stringify({ Records: records }),
    }),
  );
}

function record(sequenceNumber: string, data: string): unknown {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: 'k',
      sequenceNumber,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: 1_545_084_650.987,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `shardId-000000000001:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSourceARN: 'arn:aws:kinesis:us-east-2:123456789012:stream/mystream',
  };
}

describe('decodeFailedBatches', () => {
  it('reads source, positions, arrival and bytes, in the order of the shard', () => {
    const body = invocationRecord([record('12', 'b'), record('9', 'a')]);
    const [batch] = decodeFailedBatches(URI, body, { generation: 1 });
    expect(batch).toMatchObject({ uri: URI, source: 'kinesis:mystream/shardId-000000000001' });
    expect(batch?.records).toEqual([
      {
        sequence: '9'.padStart(56, '0'),
        partitionKey: 'k',
        arrivalMs: 1_545_084_650_987,
        data: Buffer.from('a'),
      },
      expect.objectContaining({ sequence: '12'.padStart(56, '0'), data: Buffer.from('b') }),
    ]);
  });

  it.each([
    ['no JSON', Buffer.from('<html>')],
    ['a batch without records', invocationRecord([])],
    ['a record without the batch', Buffer.from('{"version":"1.0"}')],
    ['a batch that was cut off', Buffer.from(JSON.stringify({ payload: '{"Records":[{' }))],
    ['a sequence number that is none', invocationRecord([record('x', 'a')])],
    ['data that is no base64', invocationRecord([{ ...Object(record('1', 'a')), kinesis: {} }])],
  ])('refuses %s with FORMAT_CORRUPT and the place', (_, body) => {
    expect(() => decodeFailedBatches(URI, body, { generation: 1 })).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT', message: expect.stringContaining(URI) }),
    );
  });
});

describe('failureTimeMs', () => {
  it('reads the time in the name', () => {
    expect(failureTimeMs(URI)).toBe(Date.UTC(2026, 10, 20, 21, 5, 33));
  });

  it('is null for another name', () => {
    expect(failureTimeMs('s3://dead/aws/lambda/x/readme.txt')).toBeNull();
    expect(failureTimeMs('s3://dead/a/2026-13-20T21.05.33-x')).toBeNull();
  });
});
