import type { TopicPlace } from '#core/config/kafka-topics.ts';
import type { EventStream } from '#ports/event-stream.ts';
import type { AwsTarget } from './aws-clients.ts';
import { openBuffers } from './buffer-access.ts';

/** The streams as tools read them. */
export interface StreamAccess extends EventStream {
  close(): void;
}

/** `topics` are those of Kafka among them (kafkaTopics). */
export function openStreams(
  target: AwsTarget,
  topics: ReadonlyMap<string, TopicPlace> = new Map(),
): StreamAccess {
  const buffers = openBuffers(target, topics);
  return { ...buffers, close: () => void buffers.close() };
}
