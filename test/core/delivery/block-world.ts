import fc from 'fast-check';
import type { RecordReader } from '#app/ingest-stream.ts';
import { judgeEvent } from '#app/judge-event.ts';
import { openEvents } from '#app/open-events.ts';
import { openRecord, type SourceRecord } from '#app/open-record.ts';
import { createColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { createColumnTarget } from '#core/avro/columns/column-target.ts';
import { createRowDecoder, createRowEncoder } from '#core/avro/row-codec.ts';
import { encodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { encodeWireHeader } from '#core/avro/wire-header.ts';
import type { Stream } from '#core/config/project.ts';
import { type BlockReader, decodeBlock } from '#core/delivery/event-block.ts';
import { judgeBlock } from '#core/delivery/judge-block.ts';
import type { JudgedBlock } from '#core/delivery/judged-block.ts';
import type { JudgedEvent, UndecodableEvent } from '#core/delivery/judged-event.ts';
import { splitByStream } from '#core/delivery/split-events.ts';
import { compileStreamPlan, type StreamPlan } from '#core/delivery/stream-plan.ts';
import { defineFunction } from '#core/expression/extension/define-function.ts';
import { createFunctionTable } from '#core/expression/extension/function-table.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { toAvroSchema } from '#core/schema/avro-schema.ts';
import { compileExtraReader, EXTRA_COLUMN } from '#core/schema/extra-fields.ts';
import type { Field, FieldType, Row, Value } from '#core/schema/field.ts';
import { relaxReader } from '#core/schema/lake-reader.ts';

const plain = { optional: false, aliases: [], examples: [], allowNan: false } as const;

function field(name: string, type: FieldType, change: Partial<Field> = {}): Field {
  return { ...plain, name, type, ...change };
}

const OPTIONAL = { optional: true };
const NEWEST: readonly Field[] = [
  field('source_system', { kind: 'string' }, OPTIONAL),
  field('id', { kind: 'string' }),
  field('number', { kind: 'long' }),
  field('at', { kind: 'timestamp_micros' }, OPTIONAL),
  field('price', { kind: 'double' }),
  field('ratio', { kind: 'float' }, { optional: true, allowNan: true }),
  field('side', { kind: 'enum', symbols: ['bid', 'ask'] }),
  field('symbol', { kind: 'string' }, OPTIONAL),
  field('count', { kind: 'int' }, OPTIONAL),
  field('is_open', { kind: 'boolean' }),
  field('fee', { kind: 'money', currency: 'USD' }, OPTIONAL),
  field('small', { kind: 'decimal', precision: 9, scale: 2 }),
  field('large', { kind: 'decimal', precision: 30, scale: 5 }, OPTIONAL),
  field('day', { kind: 'date' }),
  field('seen', { kind: 'timestamp_millis' }, OPTIONAL),
  field('raw', { kind: 'bytes' }, OPTIONAL),
  field('tags', { kind: 'list', element: { kind: 'string' } }, OPTIONAL),
  field('levels', { kind: 'map', value: { kind: 'double' } }),
  field(
    'place',
    {
      kind: 'record',
      fields: [
        field('city', { kind: 'string' }),
        field('cost', { kind: 'money', currency: 'USD' }, OPTIONAL),
      ],
    },
    OPTIONAL,
  ),
];

const FUNCTIONS = createFunctionTable({
  shout: defineFunction({
    args: ['string'],
    returns: 'string',
    call: (text) => (text === 'bad' ? '\ud800' : `${text}!`),
  }),
  strict: defineFunction({
    args: ['double'],
    returns: 'boolean',
    call: (price) => {
      if (price === 13) throw new RangeError('planted');
      return price < 1e6;
    },
  }),
});

/** A stream with every type, rules and mappings of every kind. */
export const EVERYTHING: Stream = {
  domain: 'test',
  name: 'everything',
  category: 'test.everything',
  description: '',
  key: 'id',
  eventTime: 'at',
  fields: NEWEST,
  identity: ['source_system', 'id', 'number'],
  watermark: { delayMs: 10, idleMs: 1000, maxFutureSkewMs: 50 },
  quality: [
    { name: 'positive', rule: 'price > 0', onFail: 'reject' },
    { name: 'short', rule: 'length(symbol) < 5', onFail: 'flag' },
    { name: 'bidding', rule: "side = 'bid'", onFail: 'flag' },
    { name: 'known', rule: "symbol in ('a', 'b', ' c ') or count / count = 1", onFail: 'flag' },
    { name: 'strict', rule: 'fn:strict(price)', onFail: 'reject' },
    { name: 'city', rule: "place.city <> 'x'", onFail: 'flag' },
  ],
  mapping: [
    { column: 'symbol', expression: 'upper(trim(symbol))', type: { kind: 'string' } },
    { column: 'loud', expression: 'fn:shout(symbol)', type: { kind: 'string' } },
    { column: 'label', expression: "concat(id, '-', symbol)", type: { kind: 'string' } },
    { column: 'notional', expression: 'price / ratio', type: { kind: 'double' } },
    { column: 'squared', expression: 'number * number', type: { kind: 'long' } },
    { column: 'year', expression: 'cast(year(at) as int)', type: { kind: 'int' } },
    { column: 'is_bid', expression: "side = 'bid'", type: { kind: 'boolean' } },
    { column: 'side', expression: 'side', type: { kind: 'enum', symbols: ['bid', 'ask'] } },
    { column: 'cents', expression: 'large', type: { kind: 'decimal', precision: 30, scale: 5 } },
    { column: 'length', expression: 'length(symbol)', type: { kind: 'long' } },
  ],
  partition: { bronze: [] },
  rate: { expectedPerSecond: 1, peakPerSecond: 1, bytes: 1 },
  retention: { bronzeDays: 2_555 },
  compatibility: 'NONE',
  dedupe: { horizonMs: 60_000 },
  sinks: ['bronze'],
  generate: {},
};

/** The version before: fields that are missing, one that is optional, one symbol more. */
const EARLIER: readonly Field[] = NEWEST.filter(
  ({ name }) => name !== 'small' && name !== 'tags',
).map((each) => {
  if (each.name === 'side') {
    return { ...each, type: { kind: 'enum', symbols: ['none', 'bid', 'ask'] } as const };
  }
  return each.name === 'price' ? { ...each, optional: true } : each;
});
/** Another producer's: with a field that the stream does not have. */
const FOREIGN: readonly Field[] = [...NEWEST, field('venue', { kind: 'string' }, OPTIONAL)];

export const EVERYTHING_PLAN = planOf(EVERYTHING);

export function planOf(stream: Stream): StreamPlan {
  return compileStreamPlan(stream, { mappingVersion: 7, functions: FUNCTIONS });
}

interface Version {
  readonly id: string;
  readonly fields: readonly Field[];
  readonly encode: (row: Row) => Uint8Array;
  readonly row: RecordReader;
  readonly block: BlockReader;
}

/** Versions of a stream and their readers, for rows and for columns. */
export interface BlockWorld {
  readonly domain: string;
  readonly stream: Stream;
  readonly plan: StreamPlan;
  readonly versions: readonly Version[];
}

const IDS = [1, 2, 3, 4].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);

export function createBlockWorld(stream: Stream = EVERYTHING): BlockWorld {
  const isEverything = stream.fields === NEWEST;
  const all = isEverything ? [NEWEST, EARLIER, FOREIGN] : [stream.fields];
  const plan = planOf(stream);
  const versions = all.map((fields, index) =>
    createVersion(stream, plan, {
      id: index === 2 ? '77' : IDS[index]!,
      fields,
      number: index + 1,
    }),
  );
  return {
    domain: stream.domain,
    stream,
    plan,
    versions: isEverything ? [...versions, unreadable(versions[0]!)] : versions,
  };
}

function createVersion(
  stream: Stream,
  plan: StreamPlan,
  version: { readonly id: string; readonly fields: readonly Field[]; readonly number: number },
): Version {
  const newest = { schema: toAvroSchema(stream), fields: stream.fields };
  const writer = toAvroSchema({ ...stream, fields: version.fields });
  const reader = relaxReader(newest, writer);
  const ownPlan = reader === newest ? plan : planOf({ ...stream, fields: reader.fields });
  const options = { writerSchema: writer, readerSchema: reader.schema, fields: reader.fields };
  const decode = createRowDecoder(options);
  const decodeRow = (body: Uint8Array) => decode(body).row;
  const readExtra = compileExtraReader(newest.schema, writer);
  return {
    id: version.id,
    fields: version.fields,
    encode: createRowEncoder(writer, version.fields),
    block: {
      plan: ownPlan,
      schemaVersion: version.number,
      decoder: createColumnDecoder(options),
      decodeRow,
      readExtra,
    },
    row: {
      stream: { plan: ownPlan } as unknown as RecordReader['stream'],
      schemaVersion: version.number,
      decoder: null,
      decodeRow,
      readExtra,
      decode: (payload) => {
        const row = decodeRow(payload);
        const extra = readExtra?.(payload) ?? null;
        return extra === null ? row : { ...row, [EXTRA_COLUMN]: extra };
      },
    },
  };
}

/** A version whose schema does not resolve. */
function unreadable(version: Version): Version {
  const decodeRow = () => {
    throw new TypeError('cannot be read');
  };
  return {
    ...version,
    id: IDS[3]!,
    block: { ...version.block, schemaVersion: -4, decoder: null, decodeRow },
    row: { ...version.row, schemaVersion: -4, decode: decodeRow },
  };
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', ' c ', 'A', 'bad', 'a:b', '100%', 'ünï', '\u{1f600}', 'x'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
export const ARRIVAL_MS = 1_000;
const times = fc.oneof(
  fc.integer({ min: 900_000, max: 1_060_000 }).map(BigInt),
  fc.constantFrom(
    1_050_000n,
    1_050_001n,
    1_050_002n,
    2n ** 62n,
    -(2n ** 62n),
    -62_135_596_800_000_001n,
    -62_135_596_800_000_000n,
    -(2n ** 52n) - 1n,
    -(2n ** 52n),
  ),
  int64,
);

function valuesOf(type: FieldType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'string':
      return text;
    case 'boolean':
      return fc.boolean();
    case 'int':
      return fc.oneof(fc.integer(), fc.constantFrom(0, 1));
    case 'date':
      return fc.oneof(fc.integer({ min: -719_163, max: 2_932_897 }), fc.integer());
    case 'float':
      return fc.oneof(fc.float(), fc.constantFrom(0, 1, Number.NaN));
    case 'double':
      return fc.oneof(fc.double(), fc.constantFrom(1, 2.5, 13, 1e7, -1, Number.NaN, -0));
    case 'decimal':
      return fc.bigInt({
        min: -(10n ** BigInt(type.precision)) + 1n,
        max: 10n ** BigInt(type.precision) - 1n,
      });
    case 'timestamp_micros':
      return times;
    case 'timestamp_millis':
      return fc.integer().map((millis) => BigInt(millis) * 1_000n);
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 });
    case 'enum':
      return fc.constantFrom(...type.symbols);
    case 'list':
      return fc.array(valuesOf(type.element), { maxLength: 3 });
    case 'map':
      return fc
        .array(fc.tuple(fc.string({ maxLength: 3 }), valuesOf(type.value)), { maxLength: 3 })
        .map((pairs) => new Map(pairs));
    case 'record':
      return rowOf(type.fields);
    default:
      return fc.oneof(fc.bigInt({ min: -3n, max: 3n }), int64);
  }
}

export function rowOf(fields: readonly Field[]): fc.Arbitrary<Row> {
  const entries = fields.map((each) => {
    const name = each.type.kind === 'money' ? `${each.name}_cents` : each.name;
    const value = valuesOf(each.type);
    // Most prices are fine: a row that is refused early tells nothing about what follows.
    if (name === 'price')
      return [name, fc.oneof({ weight: 8, arbitrary: fc.constantFrom(1, 2, 3) }, value)];
    if (name === 'day')
      return [name, fc.oneof({ weight: 8, arbitrary: fc.constant(20_000) }, value)];
    if (name === 'at') {
      return [
        name,
        fc.oneof({ weight: 8, arbitrary: fc.constantFrom(null, 960_000n, 1_000_000n) }, value),
      ];
    }
    if (name === 'number')
      return [name, fc.oneof({ weight: 4, arbitrary: fc.constantFrom(1n, 2n) }, value)];
    return [name, each.optional ? fc.option(value) : value];
  });
  return fc.record(
    Object.fromEntries(entries) as Record<string, fc.Arbitrary<Value>>,
  ) as fc.Arbitrary<Row>;
}

/** An event, possibly broken. */
function eventOf(world: BlockWorld): fc.Arbitrary<Uint8Array> {
  return fc
    .integer({ min: 0, max: world.versions.length - 1 })
    .chain((index) => {
      const version = world.versions[index]!;
      return fc.record({ version: fc.constant(version), row: rowOf(version.fields) });
    })
    .chain(({ version, row }) => {
      const body = version.encode(row);
      // A Buffer is told apart from other bytes by toEqual.
      const event = new Uint8Array(encodeWireHeader(version.id, body));
      const compressed =
        version.id === '77'
          ? event
          : encodeSchemaRegistryHeader(version.id, body, { compression: 'zlib' });
      const unknown = encodeWireHeader('99999999-0000-4000-8000-000000000001', body);
      const cut = fc.nat({ max: event.length }).map((size) => event.slice(0, size));
      const flipped = fc
        .tuple(fc.nat({ max: event.length - 1 }), fc.nat({ max: 255 }))
        .map(([at, byte]) => {
          const changed = event.slice();
          changed[at] = byte;
          return changed;
        });
      return fc.oneof(
        { weight: 20, arbitrary: fc.constant(event) },
        { weight: 3, arbitrary: fc.constantFrom(compressed, unknown) },
        { weight: 2, arbitrary: cut },
        { weight: 2, arbitrary: flipped },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }) },
      );
    });
}

/** Records of a shard, in order: aggregated ones, plain ones and broken ones. */
export function recordsOf(world: BlockWorld): fc.Arbitrary<readonly SourceRecord[]> {
  const event = eventOf(world);
  const aggregated = fc
    .array(fc.tuple(fc.constantFrom('k', 'schlüssel', ''), event, fc.boolean()), { maxLength: 8 })
    .map((events) =>
      encodeAggregatedRecord(
        events.map(([partitionKey, data, hasHash]) => ({
          partitionKey,
          data,
          ...(hasHash ? { explicitHashKey: 5n } : {}),
        })),
      ),
    );
  const data = fc.oneof({ weight: 5, arbitrary: aggregated }, { weight: 1, arbitrary: event });
  return fc
    .array(fc.tuple(data, fc.integer({ min: 0, max: 30 })), { minLength: 1, maxLength: 6 })
    .map((all) =>
      all.map(([bytes, lateMs], index) => ({
        sequenceNumber: String(index + 1),
        partitionKey: `record-${index}`,
        arrivalMs: ARRIVAL_MS + lateMs,
        data: bytes,
      })),
    );
}

/** The events as they are judged one by one. */
export function judgeRows(
  world: BlockWorld,
  records: readonly SourceRecord[],
): readonly JudgedEvent[] {
  const readers = new Map(world.versions.map(({ id, row }) => [id, row]));
  const config = { domain: world.domain, readerOf: (id: string) => readers.get(id) ?? null };
  return records.flatMap((record) =>
    openRecord(record).map((opened) => judgeEvent(config, opened)),
  );
}

/** The events as they are judged in columns; null when none is of the stream. */
export async function judgeColumns(
  world: BlockWorld,
  records: readonly SourceRecord[],
): Promise<{ readonly block: JudgedBlock | null; readonly unknown: readonly UndecodableEvent[] }> {
  const known = new Map(world.versions.map(({ id, block }) => [id, block]));
  const readerOf = (id: string) => known.get(id) ?? null;
  for await (const { arena, readers } of openEvents(
    { readerOf, maxSliceBytes: 2 ** 30 },
    records,
  )) {
    const { streams, unknown } = splitByStream(arena, {
      domain: world.domain,
      readers,
    });
    const [events] = streams;
    if (events === undefined) return { block: null, unknown };
    const { fields } = world.stream;
    const target = createColumnTarget(fields);
    return { block: judgeBlock(decodeBlock(arena, events, { fields, target })), unknown };
  }
  return { block: null, unknown: [] };
}
