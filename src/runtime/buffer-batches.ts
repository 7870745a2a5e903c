import type { SourceRecord } from '#app/ingest-batch.ts';
import { readTopicGeneration } from './env.ts';
import { type KafkaEvent, kafkaBatches } from './kafka-batch.ts';
import { type KinesisStreamEvent, kinesisBatch } from './kinesis-batch.ts';

/** What the event source mappings of a domain's buffer deliver. */
export type BufferEvent = KinesisStreamEvent | KafkaEvent;

/** Records of one source, in order. */
export interface BufferBatch {
  readonly source: string;
  readonly records: readonly SourceRecord[];
}

/** One batch per shard or partition of an event: Kinesis sends one, Kafka several. Throws FORMAT_CORRUPT on anything else. */
export function bufferBatches(event: BufferEvent): readonly BufferBatch[] {
  return 'records' in event
    ? kafkaBatches(event, { generation: readTopicGeneration() })
    : [kinesisBatch(event)];
}
