import { beforeEach, describe, expect, it } from 'vitest';
import { MemorySchemaRegistry } from '#adapters/memory/memory-schema-registry.ts';
import { createEventEncoder } from '#app/encode-events.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import { DEFAULT_LOOKUP_LIMITS } from '#app/schema-lookup.ts';
import { createRowEncoder } from '#core/avro/row-codec.ts';
import { encodeWireHeader } from '#core/avro/wire-header.ts';
import type { LakeWriterStream } from '#core/config/lambda-config.ts';
import { hasCode, SluiceError } from '#core/errors.ts';
import type { AvroRecord } from '#core/schema/avro-schema.ts';
import { definitionText } from '#core/schema/definition-text.ts';
import { evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import type { Field, Row } from '#core/schema/field.ts';
import { subjectOf } from '#core/schema/identify-schema.ts';
import type { WireFormat } from '#core/schema/wire-schema-id.ts';
import { compileIngestConfig } from '#runtime/lake-writer.ts';
import {
  IngestWorld,
  plainRecord,
  REJECTED,
  recordOf,
  SOURCE,
  START_MS,
  TABLE,
  trade,
} from './ingest-world.ts';

const VENUE: Field = {
  name: 'venue',
  type: { kind: 'string' },
  optional: true,
  aliases: [],
  examples: [],
  allowNan: false,
};

/** The trades in version 1 and in version 2, which knows the venue. */
function versionsOf(v1: LakeWriterStream): readonly [LakeWriterStream, LakeWriterStream] {
  const shape = { schemaVersion: 1, mappingVersion: 1 };
  const existing = {
    domain: v1.domain,
    stream: v1.name,
    schemaVersions: v1.schemas,
    mappingVersions: [{ version: 1, hash: '' }],
    table: { ...TRADE_SHAPE, ...shape },
    migrations: v1.migrations,
  };
  const changed = { ...v1, fields: [...v1.fields, VENUE] };
  const { schemas, refused } = evolveStream(changed, existing);
  if (refused.length > 0) throw new Error(JSON.stringify(refused));
  const columns = [
    ...v1.columns.filter(({ source }) => source.kind === 'field'),
    {
      name: 'venue',
      type: VENUE.type,
      required: false,
      source: { kind: 'field' as const, field: 'venue', mapped: false },
      aliases: [],
    },
    ...v1.columns.filter(({ source }) => source.kind !== 'field'),
  ];
  const { schemaVersions, migrations } = schemas;
  return [v1, { ...changed, columns, schemas: schemaVersions, migrations }];
}

const { table: TRADE_SHAPE } = IngestWorld.tradeSchemas();

let world: IngestWorld;
let v1: LakeWriterStream;
let v2: LakeWriterStream;
let registry: MemorySchemaRegistry;
let nowMs: number;

beforeEach(async () => {
  world = await IngestWorld.create();
  const stream = world.writerConfig.streams.find(({ name }) => name === 'trade');
  [v1, v2] = versionsOf(stream!);
  registry = new MemorySchemaRegistry('glue');
  nowMs = START_MS;
});

/** The writer as it is deployed with a version. */
function writerOf(stream: LakeWriterStream) {
  return compileIngestConfig(
    { ...world.writerConfig, streams: [stream] },
    {
      deadLetterUri: 's3://dead-letters',
      registry,
      clock: { nowMs: () => nowMs, sleep: async () => {} },
    },
  );
}

/** A producer that writes with a definition under the registry's id of it. */
async function producerOf(
  definition: string,
  fields: readonly Field[],
  format: WireFormat = 'glue',
) {
  const subject = subjectOf(format, 'market', 'trade');
  const { id } = await registry.register(subject, definitionText(definition), {
    compatibility: 'BACKWARD',
  });
  const encodeBody = createRowEncoder(JSON.parse(definition), fields);
  return createEventEncoder(v1, { schemaVersionId: id, encodeBody });
}

const producerV1 = () => producerOf(v1.schemas[0]!.avro, v1.fields);
const producerV2 = () => producerOf(v2.schemas[1]!.avro, v2.fields);

/** Another team's version: ours and a field we do not have. */
async function foreignProducer(extra: Field, name = 'trade') {
  const ours = JSON.parse(v1.schemas[0]!.avro) as AvroRecord;
  const field = { name: extra.name, type: ['null', 'string'], default: null };
  const definition = JSON.stringify({ ...ours, name, fields: [...ours.fields, field] });
  return producerOf(definition, [...v1.fields, extra]);
}

const ingest = (
  config: ReturnType<typeof writerOf>,
  records: Parameters<typeof ingestBatch>[2]['records'],
) => ingestBatch(world.deps, config, { source: SOURCE, records });

const bySequence = (rows: readonly Row[] | readonly Record<string, unknown>[]) =>
  [...rows].sort((a, b) => (String(a['trade_id']) < String(b['trade_id']) ? -1 : 1));

const text = (value: unknown) =>
  value instanceof Uint8Array ? Buffer.from(value).toString() : value;

/** All text of a row. */
const textOf = (row: Record<string, unknown>) => Object.values(row).map(text).join(' ');

/** Where the row's payload is kept. */
const deadLetterOf = (row: Record<string, unknown>) =>
  /s3:\/\/dead-letters\/\S+/.exec(textOf(row))?.[0] ?? '';

async function versionsInTable(): Promise<Record<string, unknown>> {
  const rows = bySequence(await world.rows(TABLE));
  return Object.fromEntries(rows.map((row) => [text(row['trade_id']), row['_schema_version']]));
}

describe('producers of different versions and one writer', () => {
  it.each([
    ['old, new, foreign', [0, 1, 2]],
    ['foreign, new, old', [2, 1, 0]],
    ['new, foreign, old', [1, 2, 0]],
  ])('are read side by side in the order %s', async (_name, order) => {
    const old = await producerV1();
    const foreign = await foreignProducer({ ...VENUE, name: 'desk' });
    await registry.setCompatibility(subjectOf('glue', 'market', 'trade'), 'NONE');
    const next = await producerV2();
    const events = [
      old(trade('old')),
      next(trade('new', { venue: 'XNYS' })),
      foreign(trade('foreign', { desk: 'FX' })),
    ];
    const records = order.map((index, at) => recordOf(world, at, [events[index]!]));
    await ingest(writerOf(v2), records);
    expect(await versionsInTable()).toEqual({ foreign: -2, new: 2, old: 1 });
    const rows = bySequence(await world.rows());
    expect(rows.map((row) => text(row['venue'] ?? null))).toEqual([null, 'XNYS', null]);
    expect(rows.map((row) => text(row['_extra'] ?? null))).toEqual(['{"desk":"FX"}', null, null]);
    expect(await world.rows(REJECTED)).toEqual([]);
  });

  it('are read in one aggregated record too', async () => {
    const [old, next] = [await producerV1(), await producerV2()];
    await ingest(writerOf(v2), [
      recordOf(world, 0, [
        old(trade('a')),
        next(trade('b', { venue: 'X' })),
        world.encode(trade('c')),
      ]),
    ]);
    expect(await versionsInTable()).toEqual({ a: 1, b: 2, c: 1 });
  });

  it('lose nothing at a writer that is older: what it has no column for goes to _extra', async () => {
    const next = await producerV2();
    await ingest(writerOf(v1), [recordOf(world, 0, [next(trade('new', { venue: 'XNYS' }))])]);
    const [row] = await world.rows();
    expect(text(row!['_extra'])).toBe('{"venue":"XNYS"}');
    // None of the versions this writer knows: it says the registry's number instead.
    expect(row!['_schema_version']).toBe(-1);
  });

  it('may carry the header of a Confluent registry', async () => {
    registry = new MemorySchemaRegistry('confluent');
    const next = await producerOf(v2.schemas[1]!.avro, v2.fields, 'confluent');
    const event = next(trade('kafka', { venue: 'X' }));
    expect(event.data[0]).toBe(0);
    await ingest(writerOf(v2), [plainRecord(0, event.data)]);
    expect(await versionsInTable()).toEqual({ kafka: 2 });
  });

  it('keep our own ids, which need no registry', async () => {
    registry.get = async () => {
      throw new SluiceError('SOURCE_UNAVAILABLE', 'down');
    };
    await ingest(writerOf(v2), [recordOf(world, 0, [world.encode(trade('own'))])]);
    expect(await versionsInTable()).toEqual({ own: 1 });
  });
});

describe('a schema that only the registry knows', () => {
  it('is asked for once', async () => {
    const asked: string[] = [];
    const next = await producerV2();
    const get = registry.get.bind(registry);
    registry.get = (id) => {
      asked.push(id);
      return get(id);
    };
    const config = writerOf(v2);
    await ingest(config, [recordOf(world, 0, [next(trade('a')), next(trade('b'))])]);
    await ingest(config, [recordOf(world, 1, [next(trade('c'))])]);
    expect(asked).toHaveLength(1);
  });

  it('makes the batch come again while the registry does not answer, and is no dead letter', async () => {
    const next = await producerV2();
    const get = registry.get.bind(registry);
    registry.get = async () => {
      throw new SluiceError('SOURCE_UNAVAILABLE', 'no answer');
    };
    const config = writerOf(v2);
    const records = [recordOf(world, 0, [next(trade('a', { venue: 'X' }))])];
    await expect(ingest(config, records)).rejects.toSatisfy((e) =>
      hasCode(e, 'SOURCE_UNAVAILABLE'),
    );
    expect(await world.rows(REJECTED)).toEqual([]);
    registry.get = get;
    await ingest(config, records);
    expect(await versionsInTable()).toEqual({ a: 2 });
  });

  it('is undecodable with its payload kept when nobody registered it', async () => {
    const data = encodeWireHeader('11111111-2222-4333-8444-555555555555', new Uint8Array([1, 2]));
    await ingest(writerOf(v2), [plainRecord(0, data)]);
    const [row] = await world.rows(REJECTED);
    expect(textOf(row!)).toMatch(/is not registered for domain market/);
    const kept = Buffer.from(await world.store.get(deadLetterOf(row!))).toString();
    expect(kept).toContain(Buffer.from(data).toString('base64'));
  });

  it('is believed to be unknown for a short time only', async () => {
    const config = writerOf(v2);
    const subject = subjectOf('glue', 'market', 'trade');
    const late = new MemorySchemaRegistry('glue');
    const { id } = await late.register(subject, definitionText(v2.schemas[1]!.avro));
    let asked = 0;
    registry.get = (wanted) => {
      asked++;
      return late.get(wanted === id && asked > 1 ? id : 'none');
    };
    const encodeBody = createRowEncoder(JSON.parse(v2.schemas[1]!.avro), v2.fields);
    const encode = createEventEncoder(v2, { schemaVersionId: id, encodeBody });
    await ingest(config, [recordOf(world, 0, [encode(trade('early'))])]);
    await ingest(config, [recordOf(world, 1, [encode(trade('soon'))])]);
    expect(asked).toBe(1);
    nowMs += DEFAULT_LOOKUP_LIMITS.absentMs + 1;
    await ingest(config, [recordOf(world, 2, [encode(trade('later'))])]);
    expect(await versionsInTable()).toEqual({ later: 2 });
    expect(await world.rows(REJECTED)).toHaveLength(2);
  });

  it('cannot make a batch ask more than its budget, and never hides the good events beside it', async () => {
    let asked = 0;
    registry.get = async () => {
      asked++;
      return null;
    };
    const hostile = Array.from({ length: 500 }, (_, index) => {
      const id = `11111111-2222-4333-8444-${String(index).padStart(12, '0')}`;
      return { partitionKey: 'x', stream: 'trade', data: encodeWireHeader(id, new Uint8Array(3)) };
    });
    await ingest(writerOf(v2), [recordOf(world, 0, [...hostile, world.encode(trade('good'))])]);
    expect(asked).toBe(DEFAULT_LOOKUP_LIMITS.perBatch);
    expect(await versionsInTable()).toEqual({ good: 1 });
    expect(await world.rows(REJECTED)).toHaveLength(500);
  });

  it('that cannot be read as the stream makes its events undecodable, under the stream', async () => {
    const definition = JSON.stringify({
      type: 'record',
      name: 'trade',
      namespace: 'sluice.market',
      fields: [{ name: 'price', type: { type: 'array', items: 'string' } }],
    });
    const { id } = await registry.register('somewhere', definition);
    await ingest(writerOf(v2), [plainRecord(0, encodeWireHeader(id, new Uint8Array([0])))]);
    const [row] = await world.rows(REJECTED);
    expect(textOf(row!)).toMatch(/version 1 of the registry cannot be read as trade/);
  });

  it('of another domain is none of ours', async () => {
    const definition = JSON.stringify({
      type: 'record',
      name: 'weather',
      namespace: 'x',
      fields: [],
    });
    const { id } = await registry.register('city.weather', definition);
    await ingest(writerOf(v2), [plainRecord(0, encodeWireHeader(id, new Uint8Array(0)))]);
    expect(await world.rows(REJECTED)).toHaveLength(1);
  });
});
