import { type KinesisRecordView, LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';

/** A record as it goes into an event, with its size there: base64 and envelope make it larger than its data. */
export interface BatchRecord {
  readonly sequenceNumber: string;
  readonly arrivalMs: number;
  readonly json: string;
  readonly sizeBytes: number;
}

const EVENT_START = '{"Records":[';
const EVENT_END = ']}';
/** Size of an event without records. */
export const EMPTY_EVENT_BYTES = EVENT_START.length + EVENT_END.length;

/** Source: AWS Lambda developer guide, "Using Lambda to process records from Amazon Kinesis Data Streams", example event. */
export function toBatchRecord(
  record: KinesisRecordView,
  source: {
    readonly streamArn: string;
    readonly shardId: string;
    readonly functionName: string;
  },
): BatchRecord {
  const json = JSON.stringify({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.partitionKey,
      sequenceNumber: record.sequenceNumber,
      data: record.data.toString('base64'),
      approximateArrivalTimestamp: record.arrivalMs / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${source.shardId}:${record.sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: `arn:aws:iam::${LOCAL_ACCOUNT}:role/${source.functionName}`,
    awsRegion: LOCAL_REGION,
    eventSourceARN: source.streamArn,
  });
  const { sequenceNumber, arrivalMs } = record;
  return { sequenceNumber, arrivalMs, json, sizeBytes: Buffer.byteLength(json) };
}

export function encodeEvent(records: readonly BatchRecord[]): Buffer {
  return Buffer.from(`${EVENT_START}${records.map((record) => record.json).join(',')}${EVENT_END}`);
}
