import type { EventSourceMappingConfig } from '#embedded/services.ts';
import { kafkaFormat } from './kafka-event.ts';
import { kinesisFormat } from './kinesis-format.ts';
import type { SourceFormat } from './source-format.ts';

/** What the source of a mapping does its own way. */
export function formatOf(mapping: EventSourceMappingConfig): SourceFormat {
  return mapping.kafka === undefined ? kinesisFormat(mapping) : kafkaFormat(mapping, mapping.kafka);
}
