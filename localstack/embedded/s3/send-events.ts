import { createHash } from 'node:crypto';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';
import type { ObjectEvent } from './store/index-record.ts';
import type { S3Store } from './store/s3-store.ts';

/** Keeps an event durably, or throws. */
export type EventSink = (event: {
  readonly id: string;
  readonly [member: string]: unknown;
}) => void;

const RETRY_MS = 1000;

/**
 * Hands over every event that the journal holds, now and after every change, in their order. An event leaves the journal when the
 * other side has it: a kill in between repeats it, with the same id. Returns the function that ends it.
 */
export function sendEvents(store: S3Store, sink: EventSink): () => void {
  let timer: NodeJS.Timeout | undefined;
  const send = (): void => {
    clearTimeout(timer);
    try {
      for (const event of store.index.unsentEvents()) {
        sink(describeEvent(event));
        store.commit([{ type: 'event-sent', sequencer: event.sequencer }]);
      }
    } catch {
      // The object is stored and its event with it: the client's request succeeded, and the event waits.
      timer = setTimeout(send, RETRY_MS);
      timer.unref();
    }
  };
  store.onEvents = send;
  send();
  return () => {
    clearTimeout(timer);
    store.onEvents = null;
  };
}

/** Source: Amazon S3 user guide, "EventBridge event message structure". */
export function describeEvent(event: ObjectEvent): Parameters<EventSink>[0] {
  const { bucket, key, sizeBytes, etag, versionId, sequencer, deletionType } = event;
  return {
    version: '0',
    id: idOf(event),
    'detail-type': event.detailType,
    source: 'aws.s3',
    account: LOCAL_ACCOUNT,
    time: new Date(event.atMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region: LOCAL_REGION,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: {
        key,
        ...(sizeBytes === null ? {} : { size: sizeBytes }),
        ...(etag === null ? {} : { etag }),
        ...(versionId === null ? {} : { 'version-id': versionId }),
        sequencer,
      },
      'request-id': event.requestId,
      requester: LOCAL_ACCOUNT,
      'source-ip-address': event.sourceIp,
      reason: event.reason,
      ...(deletionType === null ? {} : { 'deletion-type': deletionType }),
    },
  };
}

/** The same for the same event, so that whoever sees it twice can tell. */
function idOf({ bucket, key, sequencer }: ObjectEvent): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([bucket, key, sequencer]))
    .digest('hex');
  return digest.slice(0, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
}
