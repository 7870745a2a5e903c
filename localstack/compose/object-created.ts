import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { S3Service } from '#embedded/services.ts';
import { eventCause } from '../embedded/s3/protocol/event-cause.ts';
import type { S3Request } from '../embedded/s3/protocol/s3-request.ts';
import { describeEvent } from '../embedded/s3/send-events.ts';

type EventSink = Parameters<S3Service['sendEventsTo']>[0];

/** Tells EventBridge of objects that clients create through the gateway, in buckets that send events. */
export interface ObjectEvents {
  setSending(bucket: string, sendsEvents: boolean): void;
  setSink(sink: EventSink): void;
  /** True for a request whose success is an event. */
  isAwaited(request: S3Request): boolean;
  /** Hands over the event of a request that succeeded. Throws when it is kept nowhere: then the client has to repeat. */
  send(request: S3Request): Promise<void>;
}

const SEQUENCER_DIGITS = 18;
const PER_MS_BITS = 20n;

export function createObjectEvents(client: S3Client): ObjectEvents {
  const sending = new Set<string>();
  let sink: EventSink | null = null;
  let lastSequencer = 0n;
  /** By the clock, and above every one before. */
  const nextSequencer = (nowMs: number): string => {
    const byClock = BigInt(nowMs) << PER_MS_BITS;
    lastSequencer = byClock > lastSequencer ? byClock : lastSequencer + 1n;
    return lastSequencer.toString(16).padStart(SEQUENCER_DIGITS, '0').toUpperCase();
  };
  return {
    setSending(bucket, sendsEvents) {
      if (sendsEvents) sending.add(bucket);
      else sending.delete(bucket);
    },
    setSink(given) {
      sink = given;
    },
    isAwaited: (request) =>
      sink !== null && sending.has(request.bucket ?? '') && reasonOf(request) !== null,
    async send(request) {
      const { bucket, key } = request;
      const reason = reasonOf(request);
      if (sink === null || bucket === null || key === null || reason === null) return;
      const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      const atMs = Date.now();
      sink(
        describeEvent({
          sequencer: nextSequencer(atMs),
          detailType: 'Object Created',
          bucket,
          key,
          sizeBytes: head.ContentLength ?? 0,
          etag: (head.ETag ?? '').replaceAll('"', ''),
          versionId: head.VersionId ?? null,
          deletionType: null,
          atMs,
          ...eventCause(request, reason),
        }),
      );
    },
  };
}

/** What created an object, as events name it; null for a request that creates none. */
function reasonOf({ method, key, query, headers }: S3Request): string | null {
  if (key === null) return null;
  const parameters = [...query.keys()].filter((name) => name !== 'x-id');
  if (method === 'POST' && query.has('uploadId')) return 'CompleteMultipartUpload';
  if (method !== 'PUT' || parameters.length > 0) return null;
  return headers['x-amz-copy-source'] === undefined ? 'PutObject' : 'CopyObject';
}
