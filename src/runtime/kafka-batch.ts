import type { SourceRecord } from '#app/ingest-batch.ts';
import {
  encodeSchemaRegistryHeader,
  SCHEMA_REGISTRY_HEADER_BYTES,
} from '#core/avro/schema-registry-header.ts';
import { kafkaSource } from '#core/delivery/position.ts';
import { SluiceError } from '#core/errors.ts';

/** The event Lambda sends for records of Kafka topics. Source: AWS Lambda developer guide, "Using Lambda with Amazon MSK", example event. */
export interface KafkaEvent {
  readonly eventSource: 'aws:kafka';
  /** `<topic>-<partition>` to its records. */
  readonly records: Readonly<Record<string, readonly KafkaEventRecord[]>>;
}

export interface KafkaEventRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds; by the broker's clock where the topic has LogAppendTime. */
  readonly timestamp: number;
  /** Base64; missing for records without a key. */
  readonly key?: string | null;
  /** Base64; missing for tombstones. */
  readonly value?: string | null;
  /** Where the mapping validates records: the header that it took off the value. */
  readonly valueSchemaMetadata?: {
    readonly dataFormat?: string;
    readonly schemaId?: string;
  } | null;
}

/** Records of one partition, in order. */
export interface KafkaBatch {
  readonly source: string;
  readonly records: readonly SourceRecord[];
}

/**
 * The records of an event by partition: one event may hold several. A tombstone is a record without bytes, which no
 * schema reads: it is kept as undecodable, since the ledger counts it as received. Headers are ignored. Throws
 * FORMAT_CORRUPT on anything else.
 */
export function kafkaBatches(
  event: KafkaEvent,
  options: { readonly generation: number },
): readonly KafkaBatch[] {
  const groups = Object.entries(event.records ?? {}).filter(([, records]) => records.length > 0);
  if (groups.length === 0) {
    throw new SluiceError('FORMAT_CORRUPT', 'Kafka event: expected records, got none');
  }
  return groups.map(([group, records]) => {
    const [first] = records;
    const strangers = records.filter(
      ({ topic, partition }) => topic !== first?.topic || partition !== first.partition,
    );
    if (first === undefined || strangers.length > 0) {
      throw new SluiceError(
        'FORMAT_CORRUPT',
        `Kafka event: expected records of one partition in "${group}", got ${strangers.length} of others`,
      );
    }
    const inOrder = records.toSorted((a, b) => a.offset - b.offset);
    return {
      source: kafkaSource(first.topic, first.partition, options),
      records: inOrder.map(toSourceRecord),
    };
  });
}

function toSourceRecord(record: KafkaEventRecord): SourceRecord {
  const { offset, timestamp, key, value } = record;
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `Kafka event: expected an offset from 0 to 2^53 - 1, got ${offset}`,
    );
  }
  return {
    sequenceNumber: String(offset),
    partitionKey: Buffer.from(key ?? '', 'base64').toString('utf8'),
    arrivalMs: timestamp,
    data: withHeader(Buffer.from(value ?? '', 'base64'), record),
  };
}

/**
 * A mapping with a schema registry delivers values without their header, and its id beside them. The header is put back: bytes in
 * `rejected` and positions are then those of the topic. Source: AWS CloudFormation, SchemaRegistryConfig, EventRecordFormat.
 */
function withHeader(data: Uint8Array, { valueSchemaMetadata }: KafkaEventRecord): Uint8Array {
  const schemaId = valueSchemaMetadata?.schemaId?.toLowerCase();
  if (schemaId === undefined) return data;
  const headed = encodeSchemaRegistryHeader(schemaId, data);
  const header = Buffer.from(headed).subarray(0, SCHEMA_REGISTRY_HEADER_BYTES);
  return header.equals(data.subarray(0, SCHEMA_REGISTRY_HEADER_BYTES)) ? data : headed;
}
