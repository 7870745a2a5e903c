import { createHash } from 'node:crypto';
import { encodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { hasCode } from '#core/errors.ts';
import {
  AGGREGATION_DIGEST_BYTES,
  AGGREGATION_MAGIC,
  decodeRecord,
  encodeAggregatedRecord,
} from '#core/kinesis/aggregated-record.ts';
import { type FuzzTarget, refusedWith } from '../fuzz-target.ts';
import { genuineRows } from '../genuine-inputs.ts';
import { mutateBytes } from '../mutate.ts';

const SCHEMA_VERSION_ID = '0f0e0d0c-0b0a-4908-8706-050403020100';

/** Stream records, half of them resealed after the damage: a right checksum over a wrong message gets deeper. */
export const kinesisRecord: FuzzTarget = {
  name: 'kinesis-record',
  async prepare() {
    const corpus = aggregatedRecords();
    return {
      run(draw) {
        const mutated = mutateBytes(draw, corpus);
        const data = draw() < 0.5 ? mutated : reseal(mutated);
        try {
          decodeRecord(data, 'key');
          return 'accepted';
        } catch (error) {
          return refusedWith(error, (e) => hasCode(e, 'FORMAT_CORRUPT'));
        }
      },
    };
  },
};

export function aggregatedRecords(): readonly Uint8Array[] {
  const payloads = genuineRows().encoded.flatMap((row) =>
    (['none', 'zlib'] as const).map((compression) =>
      encodeSchemaRegistryHeader(SCHEMA_VERSION_ID, row, { compression }),
    ),
  );
  const records = payloads.map((data, index) => ({ partitionKey: `key-${index % 2}`, data }));
  return [
    encodeAggregatedRecord(records),
    encodeAggregatedRecord(records.slice(0, 1)),
    ...payloads,
  ];
}

/** Magic and MD5 put right around whatever message is left. Source: KPL, "aggregation-format.md". */
export function reseal(record: Uint8Array): Uint8Array {
  const end = Math.max(AGGREGATION_MAGIC.length, record.length - AGGREGATION_DIGEST_BYTES);
  const message = record.subarray(AGGREGATION_MAGIC.length, end);
  return Buffer.concat([AGGREGATION_MAGIC, message, createHash('md5').update(message).digest()]);
}
