import { createKinesisEventStream } from '#adapters/aws/kinesis-event-stream.ts';
import type { EventStream } from '#ports/event-stream.ts';
import { type AwsTarget, createKinesisClient } from './aws-clients.ts';

/** The streams as tools read them. */
export interface StreamAccess extends EventStream {
  close(): void;
}

export function openStreams(target: AwsTarget): StreamAccess {
  const client = createKinesisClient(target);
  return { ...createKinesisEventStream(client), close: () => client.destroy() };
}
