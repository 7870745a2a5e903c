import { z } from 'zod';
import { kinesisSource, padSequence } from '../delivery/position.ts';
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
const invocationRecord = z.object({ payload: z.string() });

/**
 * Reads an object of the failure destination. Throws FORMAT_CORRUPT for anything else.
 * Source: AWS Lambda developer guide, "Retain discarded batch records for a Kinesis Data Streams event source".
 */
export function decodeFailedBatch(uri: string, body: Uint8Array): FailedBatch {
  try {
    const { payload } = invocationRecord.parse(JSON.parse(Buffer.from(body).toString('utf8')));
    const { Records } = kinesisEvent.parse(JSON.parse(payload));
    const records = Records.map(
      ({ kinesis }): FailedRecord => ({
        sequence: padSequence(kinesis.sequenceNumber),
        partitionKey: kinesis.partitionKey,
        arrivalMs: Math.round(kinesis.approximateArrivalTimestamp * 1000),
        data: Buffer.from(kinesis.data, 'base64'),
      }),
    );
    const { eventID, eventSourceARN } = Records[0]!;
    return {
      uri,
      source: kinesisSource(streamNameOf(eventSourceARN), eventID.split(':')[0] ?? ''),
      records: records.toSorted((a, b) => (a.sequence < b.sequence ? -1 : 1)),
    };
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new SluiceError('FORMAT_CORRUPT', `${uri}: is no failed batch of Lambda: ${reason}`, {
      cause,
    });
  }
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
