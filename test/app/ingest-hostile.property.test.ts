import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import type { ColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { encodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { SluiceError } from '#core/errors.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { sealMessage } from '../core/kinesis/seal-message.ts';
import { expectBooks } from './ingest-books.ts';
import { IngestWorld, plainRecord, SOURCE, START_MS, trade } from './ingest-world.ts';

const MIB = 1024 * 1024;
/** Stands in every payload and must stand nowhere in what the function says. */
const SECRET = 'card-4111';
const RUNS = 40;
const BOMB = deflateSync(Buffer.alloc(2 * MIB));

/** Events that are accepted or not, beside others in their record. */
const EVENTS = [
  'good',
  'good',
  'good zlib',
  'cut off',
  'bytes left over',
  'no header',
  'empty',
  'unknown schema',
  'huge length',
  'huge count',
  'no utf-8',
  'zlib bomb',
  'zlib cut off',
  'nan',
  'infinity',
  'future',
  'past all calendars',
  'rule',
  'records in records',
] as const;
/** Records that are broken as a whole, or hold no events at all. */
const RECORDS = [
  'cut off',
  'wrong md5',
  'magic only',
  'broken message',
  'index out of table',
  'endless varint',
  'no events',
  'empty',
  'random',
] as const;

type EventKind = (typeof EVENTS)[number];
type RecordKind = (typeof RECORDS)[number];

const eventKinds = fc.array(fc.constantFrom(...EVENTS), { minLength: 1, maxLength: 12 });
const record = fc.oneof(
  { weight: 3, arbitrary: eventKinds },
  { weight: 1, arbitrary: fc.constantFrom(...RECORDS) },
);
const batch = fc.array(record, { minLength: 1, maxLength: 8 });

function payloadOf(world: IngestWorld, kind: EventKind, id: string): Uint8Array {
  const row = (fields = {}) => world.encode(trade(id, { symbol: SECRET, ...fields })).data;
  const framed = (body: Uint8Array, compression: 'none' | 'zlib' = 'none') =>
    encodeSchemaRegistryHeader(world.schemaVersionId, body, { compression });
  const body = row().subarray(18);
  const zlib = framed(body, 'zlib');
  switch (kind) {
    case 'good':
      return row();
    case 'good zlib':
      return zlib;
    case 'cut off':
      return row().subarray(0, 25);
    case 'bytes left over':
      return Buffer.concat([row(), Buffer.from(SECRET)]);
    case 'no header':
      return Buffer.from(`${SECRET}: not one of ours`);
    case 'empty':
      return new Uint8Array();
    case 'unknown schema':
      return encodeSchemaRegistryHeader('7d2f3a52-0000-4000-8000-000000000000', body);
    case 'huge length':
      return framed(Buffer.from('fefffffffffffffffe01', 'hex'));
    case 'huge count':
      return framed(Buffer.from('feffffff0f00', 'hex'));
    case 'no utf-8':
      return framed(Buffer.from('04ffff', 'hex'));
    case 'zlib bomb':
      return Buffer.concat([zlib.subarray(0, 18), BOMB]);
    case 'zlib cut off':
      return zlib.subarray(0, zlib.length - 6);
    case 'nan':
      return row({ price: Number.NaN });
    case 'infinity':
      return row({ size: Number.NEGATIVE_INFINITY });
    case 'future':
      return row({ timestamp: BigInt(START_MS + 3_600_000) * 1000n });
    case 'past all calendars':
      return row({ timestamp: -(2n ** 63n) });
    case 'rule':
      return row({ price: -1 });
    case 'records in records': {
      let nested: Uint8Array = row();
      for (let depth = 0; depth < 50; depth++) {
        nested = encodeAggregatedRecord([{ partitionKey: SECRET, data: nested }]);
      }
      return nested;
    }
  }
}

/** Data of a broken record and the number of events it counts for. */
function brokenRecord(world: IngestWorld, kind: RecordKind, seed: number): [Uint8Array, number] {
  const sound = Buffer.from(encodeAggregatedRecord([world.encode(trade(`x-${seed}`))]));
  switch (kind) {
    case 'cut off':
      return [sound.subarray(0, sound.length - (seed % 40) - 1), 1];
    case 'wrong md5':
      sound[sound.length - 1]! ^= 1;
      return [sound, 1];
    case 'magic only':
      return [sound.subarray(0, 4), 1];
    case 'broken message':
      return [sealMessage('0a ff ff ff ff 0f'), 1];
    case 'index out of table':
      return [sealMessage('0a 01 61 1a 05 08 07 1a 01 61'), 1];
    case 'endless varint':
      return [sealMessage('ff ff ff ff ff ff ff ff ff ff ff'), 1];
    case 'no events':
      return [sealMessage('0a 01 61'), 0];
    case 'empty':
      return [new Uint8Array(), 1];
    case 'random':
      return [Buffer.from(`${SECRET}${seed}`), 1];
  }
}

interface HostileBatch {
  readonly records: readonly SourceRecord[];
  readonly events: number;
  /** Event ids that have to be committed. */
  readonly good: readonly string[];
}

function hostileBatch(
  world: IngestWorld,
  kinds: readonly (RecordKind | readonly EventKind[])[],
): HostileBatch {
  const good: string[] = [];
  let events = 0;
  const records = kinds.map((kind, sequence) => {
    if (typeof kind === 'string') {
      const [data, count] = brokenRecord(world, kind, sequence);
      events += count;
      return plainRecord(sequence, data);
    }
    const encoded = kind.map((each, index) => {
      const id = `${sequence}-${index}`;
      if (each === 'good' || each === 'good zlib') good.push(`NYSE:${id}`);
      return { partitionKey: SECRET, data: payloadOf(world, each, id) };
    });
    events += encoded.length;
    return plainRecord(sequence, encodeAggregatedRecord(encoded));
  });
  return { records, events, good };
}

function printed(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each));
}

describe('a hostile batch', () => {
  it('commits every good row at its first delivery, files everything else, and never fails', async () => {
    await fc.assert(
      fc.asyncProperty(batch, async (kinds) => {
        const world = await IngestWorld.create();
        const { records, events, good } = hostileBatch(world, kinds);
        const results = await ingestBatch(world.deps, world.config, { source: SOURCE, records });
        const committed = (await world.rows()).map((row) => String(row['_event_id']));
        expect(committed.toSorted()).toEqual(good.toSorted());
        const books = await expectBooks(world, events);
        expect(printed(results)).not.toContain(SECRET);
        await ingestBatch(world.instance(), world.config, { source: SOURCE, records });
        expect(await expectBooks(world, events)).toEqual(books);
      }),
      { numRuns: RUNS },
    );
  });

  it('takes every kind of poison there is in one batch', async () => {
    const world = await IngestWorld.create();
    const kinds = [EVENTS, ...RECORDS, ['good'] as const];
    const { records, events, good } = hostileBatch(world, kinds);
    await ingestBatch(world.deps, world.config, { source: SOURCE, records });
    const books = await expectBooks(world, events);
    expect(books.committed).toHaveLength(good.length);
    expect(books.rejected).toHaveLength(5);
    expect(books.undecodable).toHaveLength(events - good.length - 5);
  });

  it('takes bugs of ours at single events, at any step', async () => {
    const world = await IngestWorld.create();
    const fail = () => {
      throw new TypeError(`planted ${'x'.repeat(1000)}`);
    };
    const [stream] = world.config.streams;
    const isBad = (row: { readonly [name: string]: unknown }, id: string) => row['trade_id'] === id;
    const { rules, mapping } = stream!.plan;
    const plan = {
      ...stream!.plan,
      rules: rules.map((rule) => ({
        ...rule,
        reads: [...rule.reads, 'trade_id'],
        test: (row: Parameters<typeof rule.test>[0]) =>
          isBad(row, 'rule') ? fail() : rule.test(row),
      })),
      mapping: mapping.map((each) => ({
        ...each,
        reads: [...each.reads, 'trade_id'],
        evaluate: (row: Parameters<typeof each.evaluate>[0]) =>
          isBad(row, 'mapping') ? fail() : each.evaluate(row),
      })),
    };
    const planted = { ...stream!, plan };
    const config: typeof world.config = {
      ...world.config,
      streams: [planted],
      readerOf: (id) => {
        const reader = world.config.readerOf(id);
        if (reader === null) return null;
        const isBroken = (body: Uint8Array) => Buffer.from(body).includes('decode');
        const decodeRow: typeof reader.decodeRow = (body) =>
          isBroken(body) ? fail() : reader.decodeRow(body);
        const decoder: ColumnDecoder = {
          decode: (target, rows, from, to) => {
            const failed = reader.decoder!.decode(target, rows, from, to);
            for (let row = from; row < to; row++) {
              if (isBroken(rows.data.subarray(rows.starts[row], rows.ends[row]))) rows.ok[row] = 0;
            }
            return failed;
          },
        };
        return { ...reader, decoder, decodeRow, stream: planted };
      },
    };
    const records = ['1', 'decode', 'rule', '2', 'mapping', '3'].map((id, sequence) =>
      plainRecord(sequence, world.encode(trade(id)).data),
    );
    await ingestBatch(world.deps, config, { source: SOURCE, records });
    const books = await expectBooks(world, 6);
    expect([books.committed.length, books.undecodable.length]).toEqual([3, 3]);
    const reasons = (await world.rows({ ...planted.table, table: 'rejected' })).map(
      (row) => row['reason'],
    );
    for (const reason of reasons) {
      expect(reason).toMatch(/^processing failed: TypeError: planted x+$/);
      expect(String(reason).length).toBeLessThan(400);
    }
  });

  it('says nothing of payloads when a service fails', async () => {
    const world = await IngestWorld.create();
    const { records } = hostileBatch(world, [EVENTS, ...RECORDS]);
    for (const part of ['.parquet', 'dead-letters', '.avro', '.json']) {
      world.store.fault = (operation, uri) =>
        operation === 'put' && uri.includes(part)
          ? new SluiceError('SOURCE_UNAVAILABLE', 'planted')
          : null;
      const failure: unknown = await ingestBatch(world.deps, world.config, {
        source: SOURCE,
        records,
      }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
      expect(chainText(failure)).not.toContain(SECRET);
    }
  });
});

/** Everything a log line could print of an error. */
function chainText(error: unknown): string {
  const texts: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    texts.push(cause.message, cause.stack ?? '', printed({ ...cause }));
  }
  return texts.join('\n');
}
