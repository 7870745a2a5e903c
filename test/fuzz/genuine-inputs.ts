import { ingestBatch } from '#app/ingest-batch.ts';
import { createRowEncoder } from '#core/avro/row-codec.ts';
import { toAvroSchema } from '#core/schema/avro-schema.ts';
import type { Field, FieldType, Row } from '#core/schema/field.ts';
import { IngestWorld, SOURCE, tradeRecords } from '#test/app/ingest-world.ts';

function field(name: string, type: FieldType, optional = false): Field {
  return { name, type, optional, aliases: [], examples: [], allowNan: false };
}

/** A field of every type, nested ones included. */
const EVERY_TYPE: readonly Field[] = [
  field('text', { kind: 'string' }),
  field('flag', { kind: 'boolean' }, true),
  field('small', { kind: 'int' }),
  field('large', { kind: 'long' }),
  field('single', { kind: 'float' }),
  field('exact', { kind: 'decimal', precision: 20, scale: 4 }),
  field('price', { kind: 'money', currency: 'EUR' }, true),
  field('day', { kind: 'date' }),
  field('at', { kind: 'timestamp_micros' }),
  field('later', { kind: 'timestamp_millis' }),
  field('raw', { kind: 'bytes' }, true),
  field('side', { kind: 'enum', symbols: ['bid', 'ask'] }),
  field('tags', { kind: 'list', element: { kind: 'string' } }),
  field('levels', { kind: 'map', value: { kind: 'double' } }),
  field('legs', {
    kind: 'list',
    element: { kind: 'record', fields: [field('leg', { kind: 'int' }, true)] },
  }),
];

const EVERY_ROW: Row = {
  text: 'añ𝄞',
  flag: true,
  small: -1,
  large: 2n ** 60n,
  single: 1.5,
  exact: -12_345n,
  price_cents: 199n,
  day: 20_000,
  at: 1_700_000_000_000_000n,
  later: 1_700_000_000_000_000n,
  raw: Uint8Array.of(0, 255),
  side: 'ask',
  tags: ['a', '', 'b'],
  levels: new Map([['x', 1]]),
  legs: [{ leg: 1 }, { leg: null }],
};

export interface GenuineRows {
  readonly schema: unknown;
  readonly fields: readonly Field[];
  readonly encoded: readonly Uint8Array[];
}

export function genuineRows(): GenuineRows {
  const schema = toAvroSchema({
    domain: 'fuzz',
    name: 'every_type',
    description: 'a field of every type',
    fields: EVERY_TYPE,
  });
  const encode = createRowEncoder(schema, EVERY_TYPE);
  const bare = { flag: null, price_cents: null, raw: null, tags: [], levels: new Map(), legs: [] };
  const rows: readonly Row[] = [EVERY_ROW, { ...EVERY_ROW, ...bare }];
  // The encoder reuses its buffer.
  return {
    schema,
    fields: EVERY_TYPE,
    encoded: rows.map((row) => Uint8Array.from(encode(row))),
  };
}

/** Files that a table consists of, as the writer made them: everything in the lake whose name ends so. */
export async function genuineLakeFiles(name: RegExp): Promise<readonly Uint8Array[]> {
  const world = await IngestWorld.create();
  for (const record of tradeRecords(world, 6, 5)) {
    await ingestBatch(world.deps, world.config, { source: SOURCE, records: [record] });
  }
  const files: Uint8Array[] = [];
  for await (const { uri } of world.store.list('s3://lake/')) {
    if (name.test(uri)) files.push(await world.store.get(uri));
  }
  return files;
}
