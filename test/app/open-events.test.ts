import { describe, expect, it } from 'vitest';
import { type OpenConfig, openEvents } from '#app/open-events.ts';
import type { SourceRecord } from '#app/open-record.ts';
import { openRecord } from '#app/open-record.ts';
import { createColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { encodeConfluentHeader } from '#core/avro/confluent-header.ts';
import { createRowDecoder, createRowEncoder } from '#core/avro/row-codec.ts';
import { encodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import {
  bodyOf,
  createPartitionKeys,
  type EventArena,
  payloadOf,
  positionOf,
} from '#core/delivery/event-arena.ts';
import type { BlockReader } from '#core/delivery/event-block.ts';
import { padSequence } from '#core/delivery/position.ts';
import { splitByStream } from '#core/delivery/split-events.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { toAvroSchema } from '#core/schema/avro-schema.ts';
import { READINGS, READINGS_PLAN } from '#test/core/delivery/readings.ts';

const MIB = 1024 * 1024;
const ID = '00000000-0000-4000-8000-000000000001';
const SCHEMA = toAvroSchema(READINGS);
const OPTIONS = { writerSchema: SCHEMA, readerSchema: SCHEMA, fields: READINGS.fields };
const decode = createRowDecoder(OPTIONS);
const encode = createRowEncoder(SCHEMA, READINGS.fields);
const READER: BlockReader = {
  plan: READINGS_PLAN,
  schemaVersion: 1,
  decoder: createColumnDecoder(OPTIONS),
  decodeRow: (body) => decode(body).row,
  readExtra: null,
};
const CONFIG: OpenConfig = {
  readerOf: (id) => (id === ID ? READER : null),
  maxSliceBytes: 16 * MIB,
};

function body(id = 'a'): Uint8Array {
  return encode({ id, at: 0n, value: 1n });
}

function event(content = body()): Uint8Array {
  return encodeSchemaRegistryHeader(ID, content);
}

function record(sequence: number, data: Uint8Array | string): SourceRecord {
  return {
    sequenceNumber: String(sequence),
    partitionKey: `key-${sequence}`,
    arrivalMs: 1.5,
    data,
  };
}

function aggregate(...events: readonly Uint8Array[]): Uint8Array {
  return encodeAggregatedRecord(
    events.map((data, index) => ({ partitionKey: `part-${index}`, data })),
  );
}

async function slicesOf(
  records: readonly SourceRecord[],
  config: OpenConfig = CONFIG,
): Promise<readonly EventArena[]> {
  const slices: EventArena[] = [];
  for await (const { arena } of openEvents(config, records)) slices.push(arena);
  return slices;
}

/** Sequence numbers of the records of each slice. */
function sequencesOf(slices: readonly EventArena[]): readonly (readonly number[])[] {
  return slices.map(({ records }) => records.map(({ sequence }) => Number(sequence)));
}

function eventsOf(arena: EventArena) {
  const keyOf = createPartitionKeys(arena);
  return Array.from({ length: arena.length }, (_, number) => {
    const source = {
      position: positionOf(arena, number),
      arrivalMicros: arena.records[arena.recordOf[number]!]!.arrivalMicros,
      partitionKey: keyOf(number),
      payload: new Uint8Array(payloadOf(arena, number)),
    };
    const schema = arena.schemas[number]!;
    const problem = arena.problems.get(number);
    if (schema < 0) return { ...source, content: { problem } };
    const schemaVersionId = arena.schemaIds[schema];
    return { ...source, content: { schemaVersionId, payload: [...bodyOf(arena, number)] } };
  });
}

function expectedOf(records: readonly SourceRecord[]) {
  return records
    .flatMap((each) =>
      openRecord({
        ...each,
        data: typeof each.data === 'string' ? Buffer.from(each.data, 'base64') : each.data,
      }),
    )
    .map(({ position, arrivalMicros, partitionKey, payload, content }) => ({
      position,
      arrivalMicros,
      partitionKey,
      payload: new Uint8Array(payload),
      content:
        'problem' in content
          ? content
          : { schemaVersionId: content.schemaVersionId, payload: [...content.payload] },
    }));
}

const zlib = encodeSchemaRegistryHeader(ID, body('compressed'), { compression: 'zlib' });
const other = encodeSchemaRegistryHeader('00000000-0000-4000-8000-00000000000f', body());
const broken = aggregate(event()).slice();
broken[10]! ^= 0xff;

/** A record of a few kilobytes whose events inflate to this many MiB, at most 8. */
function inflating(sequence: number, mib: number): SourceRecord {
  const large = body('A'.repeat(MIB - 200));
  const packed = encodeSchemaRegistryHeader(ID, large, { compression: 'zlib' });
  return record(sequence, aggregate(...Array.from({ length: mib }, () => packed)));
}

describe('openEvents', () => {
  it.each([
    ['an aggregated record', aggregate(event(), event(body('b')), event())],
    ['a plain record', event()],
    ['a record of no events', aggregate()],
    [
      'events of several schemas',
      aggregate(event(), other, event(), encodeConfluentHeader('77', body())),
    ],
    ['compressed events', aggregate(event(), zlib, event(), zlib)],
    ['events without a header', aggregate(Uint8Array.of(9, 9), Uint8Array.of(), event())],
    [
      'headers that are cut off or wrong',
      aggregate(event().slice(0, 17), Uint8Array.of(3, 1, 2), Uint8Array.of(0, 0)),
    ],
    ['a record that is no aggregation after all', broken],
  ])('opens %s as openRecord does', async (_, data) => {
    const records = [record(1, data), record(2, event()), record(3, data)];
    const [arena] = await slicesOf(records);
    expect(eventsOf(arena!)).toEqual(expectedOf(records));
  });

  it('decodes base64 into the arena', async () => {
    const records = [record(1, Buffer.from(aggregate(event(), event())).toString('base64'))];
    const [arena] = await slicesOf(records);
    expect(eventsOf(arena!)).toEqual(expectedOf(records));
  });

  it('opens many schemas in one record', async () => {
    const ids = Array.from(
      { length: 40 },
      (_, index) => `00000000-0000-4000-8000-0000000000${index + 10}`,
    );
    const events = [...ids, ...ids].map((id) => encodeSchemaRegistryHeader(id, body()));
    const records = [record(1, aggregate(...events))];
    const [arena] = await slicesOf(records);
    expect(eventsOf(arena!)).toEqual(expectedOf(records));
    expect(arena!.schemaIds).toEqual(ids);
  });

  it('refuses a sequence number that is none', async () => {
    await expect(slicesOf([{ ...record(1, event()), sequenceNumber: 'x' }])).rejects.toThrow(
      'sequence number',
    );
  });

  it('cuts a batch that inflates far into whole records, in order', async () => {
    const batch = [5, 5, 5, 5, 8, 8, 1].map((mib, sequence) => inflating(sequence, mib));
    expect(sequencesOf(await slicesOf(batch))).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  it('leaves nothing of the record that begins the next slice in the one before', async () => {
    const batch = [inflating(1, 8), record(2, event()), inflating(3, 8)];
    const slices = await slicesOf(batch);
    expect(slices.flatMap((arena) => eventsOf(arena).map(({ position }) => position))).toEqual(
      expectedOf(batch).map(({ position }) => position),
    );
    expect(slices[0]!.length).toBe(9);
  });

  it('holds nothing of what a bomb inflated to, and says why it did not decode', async () => {
    const bomb = encodeSchemaRegistryHeader(ID, new Uint8Array(MIB - 1), { compression: 'zlib' });
    const data = aggregate(bomb, zlib, ...Array.from({ length: 7 }, () => bomb));
    const batch = Array.from({ length: 12 }, (_, sequence) => record(sequence, data));
    const slices = await slicesOf(batch);
    expect(slices).toHaveLength(1);
    expect(slices[0]!.problems.size).toBe(12 * 8);
    expect(slices[0]!.problems.get(0)).toContain('bytes after the row');
    expect([...bodyOf(slices[0]!, 1)]).toEqual([...body('compressed')]);
  });

  it('says of bombs that one record may not inflate without end', async () => {
    const [arena] = await slicesOf([inflating(1, 9)]);
    expect([...arena!.problems.values()][0] ?? '').toContain('of one record may inflate');
  });

  it('looks up schemas that nobody knows before it gives the slice out', async () => {
    const asked: string[][] = [];
    const known = new Map<string, BlockReader>();
    const schemas = {
      isKnown: (id: string) => known.has(id),
      lookUp: async (ids: Iterable<string>) => {
        asked.push([...ids]);
        for (const id of ids) known.set(id, READER);
      },
    };
    const readerOf = (id: string) => known.get(id) ?? null;
    const records = [record(1, event()), record(2, event()), record(3, other)];
    for await (const { readers } of openEvents({ ...CONFIG, readerOf, schemas }, records)) {
      expect(readers).toEqual([READER, READER]);
    }
    expect(asked).toEqual([[ID], ['00000000-0000-4000-8000-00000000000f']]);
  });
});

describe('splitByStream', () => {
  it('leaves out events at or below a position', async () => {
    const records = [1, 2, 3].map((sequence) =>
      record(sequence, aggregate(event(), event(), event())),
    );
    for await (const { arena, readers } of openEvents(CONFIG, records)) {
      const { streams } = splitByStream(arena, {
        domain: 'test',
        readers,
        after: () => ({ sequence: padSequence('2'), subSequence: 1 }),
      });
      expect([...streams[0]!.events]).toEqual([5, 6, 7, 8]);
    }
  });

  it('gives events of no known schema as undecodable, and those after the position only', async () => {
    const records = [record(1, aggregate(other, event(), Uint8Array.of(9)))];
    for await (const { arena, readers } of openEvents(CONFIG, records)) {
      const split = (after: number | null) =>
        splitByStream(arena, {
          domain: 'test',
          readers,
          after: () => (after === null ? null : { sequence: padSequence('1'), subSequence: after }),
        }).unknown.map(({ position, partitionKey }) => [position.subSequence, partitionKey]);
      expect(split(null)).toEqual([
        [0, 'part-0'],
        [2, 'part-2'],
      ]);
      expect(split(1)).toEqual([[2, 'part-2']]);
    }
  });
});
