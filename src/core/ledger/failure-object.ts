import { z } from 'zod';
import { kafkaSource, kinesisSource, padSequence } from '../delivery/position.ts';
import { SluiceError } from '../errors.ts';

/** A batch that the event source mapping gave up, as it lies in the failure destination. */
export interface FailedBatch {
  readonly uri: string;
  readonly source: string;
  /** In the order of the shard. */
  readonly records: readonly FailedRecord[];
}

export interface FailedRecord {
  /** Padded. */
  readonly sequence: string;
  readonly partitionKey: string;
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

const kinesisEvent = z.object({
  Records: z
    .array(
      z.object({
        eventID: z.string(),
        eventSourceARN: z.string(),
        kinesis: z.object({
          sequenceNumber: z.string(),
          partitionKey: z.string(),
          data: z.base64(),
          approximateArrivalTimestamp: z.number(),
        }),
      }),
    )
    .min(1),
});
const kafkaEvent = z.object({
  records: z.record(
    z.string(),
    z
      .array(
        z.object({
          topic: z.string(),
          partition: z.int().min(0),
          offset: z.int().min(0),
          timestamp: z.number(),
          key: z.base64().nullish(),
          value: z.base64().nullish(),
        }),
      )
      .min(1),
  ),
});
const invocationRecord = z.object({ payload: z.string() });

/**
 * Reads an object of the failure destination, as batches of one source each: a Kafka event may hold several partitions.
 * Throws FORMAT_CORRUPT for anything else. Source: AWS Lambda developer guide, "Retain discarded batch records for a
 * Kinesis Data Streams event source", "Capturing discarded batches for Amazon MSK".
 * @param options.generation of the domain's Kafka topics
 */
export function decodeFailedBatches(
  uri: string,
  body: Uint8Array,
  options: { readonly generation: number },
): readonly FailedBatch[] {
  try {
    const { payload } = invocationRecord.parse(JSON.parse(Buffer.from(body).toString('utf8')));
    const event: unknown = JSON.parse(payload);
    const isKafka = typeof event === 'object' && event !== null && 'records' in event;
    return isKafka ? kafkaFailures(uri, event, options) : [kinesisFailure(uri, event)];
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new SluiceError('FORMAT_CORRUPT', `${uri}: is no failed batch of Lambda: ${reason}`, {
      cause,
    });
  }
}

function kinesisFailure(uri: string, event: unknown): FailedBatch {
  const { Records } = kinesisEvent.parse(event);
  const records = Records.map(
    ({ kinesis }): FailedRecord => ({
      sequence: padSequence(kinesis.sequenceNumber),
      partitionKey: kinesis.partitionKey,
      arrivalMs: Math.round(kinesis.approximateArrivalTimestamp * 1000),
      data: Buffer.from(kinesis.data, 'base64'),
    }),
  );
  const { eventID, eventSourceARN } = Records[0]!;
  const source = kinesisSource(streamNameOf(eventSourceARN), eventID.split(':')[0] ?? '');
  return { uri, source, records: records.toSorted(inOrder) };
}

function kafkaFailures(
  uri: string,
  event: unknown,
  options: { readonly generation: number },
): readonly FailedBatch[] {
  return Object.values(kafkaEvent.parse(event).records).map((group) => {
    const { topic, partition } = group[0]!;
    const records = group.map(
      ({ offset, timestamp, key, value }): FailedRecord => ({
        sequence: padSequence(String(offset)),
        partitionKey: Buffer.from(key ?? '', 'base64').toString('utf8'),
        arrivalMs: timestamp,
        data: Buffer.from(value ?? '', 'base64'),
      }),
    );
    const source = kafkaSource(topic, partition, options);
    return { uri, source, records: records.toSorted(inOrder) };
  });
}

function inOrder(a: FailedRecord, b: FailedRecord): number {
  return a.sequence < b.sequence ? -1 : 1;
}

/** `2026-11-20T21.05.33` in `…/2026/11/20/2026-11-20T21.05.33-<uuid>`, as milliseconds; null for another name. */
export function failureTimeMs(uri: string): number | null {
  const match = /\/(\d{4}-\d\d-\d\d)T(\d\d)\.(\d\d)\.(\d\d)-[^/]*$/.exec(uri);
  if (match === null) return null;
  const [, day, hour, minute, second] = match;
  const timeMs = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(timeMs) ? null : timeMs;
}

function streamNameOf(arn: string): string {
  return arn.split(':stream/')[1] ?? '';
}
