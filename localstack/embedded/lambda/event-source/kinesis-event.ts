import { type KinesisRecordView, LOCAL_REGION } from '#embedded/services.ts';
import { MAX_REQUEST_BYTES } from '../sandbox/invocation-outcome.ts';

/** A record as it goes into an event, with its size there: base64, envelope and comma make it larger than its data. */
export interface BatchRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly arrivalMs: number;
  readonly json: string;
  readonly sizeBytes: number;
}

const EVENT_START = '{"Records":[';
const EVENT_END = ']}';
/** Bytes of records, each with the comma before the next, that fit into an event: the payload limit of an invocation. */
export const MAX_RECORDS_BYTES = MAX_REQUEST_BYTES - EVENT_START.length - EVENT_END.length + 1;

/** Source: AWS Lambda developer guide, "Using Lambda to process records from Amazon Kinesis Data Streams", example event. */
export function toBatchRecord(
  record: KinesisRecordView,
  source: {
    readonly streamArn: string;
    readonly shardId: string;
    /** Execution role of the function. */
    readonly roleArn: string;
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
    invokeIdentityArn: source.roleArn,
    awsRegion: LOCAL_REGION,
    eventSourceARN: source.streamArn,
  });
  const { sequenceNumber, partitionKey, arrivalMs } = record;
  const sizeBytes = Buffer.byteLength(json) + 1;
  return { sequenceNumber, partitionKey, arrivalMs, json, sizeBytes };
}

export function encodeEvent(records: readonly BatchRecord[]): Buffer {
  return Buffer.from(`${EVENT_START}${records.map((record) => record.json).join(',')}${EVENT_END}`);
}
