import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueReader } from '#core/columns/read-value.ts';
import { materializeRow } from '#core/columns/row-view.ts';
import { tableColumns } from '#core/delivery/bronze-vectors.ts';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { hashText } from '#core/delivery/id-hash.ts';
import type { JudgedBlock } from '#core/delivery/judged-block.ts';
import { positionOfRow } from '#core/delivery/judged-block.ts';
import { type AcceptedEvent, isDiscarded, type JudgedEvent } from '#core/delivery/judged-event.ts';
import { padSequence } from '#core/delivery/position.ts';
import { processBlock } from '#core/delivery/process-block.ts';
import { blockOfRows } from '#core/delivery/rows-block.ts';
import type { SourceState } from '#core/delivery/source-state.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { bronzeColumns } from '#core/schema/bronze-table.ts';
import type { Row } from '#core/schema/field.ts';
import { countingIds, toIcebergType } from '#core/schema/iceberg-type.ts';
import { createBlockWorld, EVERYTHING, judgeColumns, judgeRows, recordsOf } from './block-world.ts';
import { processRows } from './oracles/process-rows.ts';

const WORLD = createBlockWorld();
const records = recordsOf(WORLD);

function acceptedOf(events: readonly JudgedEvent[]): readonly AcceptedEvent[] {
  return events.filter((event) => event.kind === 'accepted');
}

/** Accepted events of a block, as judgeEvent gives them. */
function eventsOf(block: JudgedBlock): readonly object[] {
  const { plan, fields, vectors, mapped } = block;
  return Array.from({ length: block.length }, (_, row) => row)
    .filter((row) => block.accepted[row] === 1)
    .map((row) => {
      const extra = block.extras.get(row);
      return {
        ...block.sourceOf(row),
        position: positionOfRow(block, row),
        row: {
          ...materializeRow(fields, vectors, row),
          ...(extra === undefined ? {} : { _extra: extra }),
        },
        schemaVersion: block.schemaVersions[row],
        mapped: Object.fromEntries(
          plan.stream.mapping.map(({ column, type }, index) => [
            column,
            valueReader(mapped[index]!, type)(row),
          ]),
        ),
        flags: valueReader(block.flags, { kind: 'string' })(row),
        eventTimeMicros: block.eventTimes[row],
      };
    });
}

/** All of an event but its identity, which is made later. */
function seen(event: AcceptedEvent): object {
  const { kind: _, eventId: __, ...rest } = event;
  return rest;
}

describe('judgeBlock', () => {
  it('gives every event the verdict, values and reason of judgeEvent', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (all) => {
        const events = judgeRows(WORLD, all);
        const { block, unknown } = await judgeColumns(WORLD, all);
        const known = events.filter(({ stream }) => stream === EVERYTHING.name);
        expect(unknown).toEqual(events.filter(({ stream }) => stream !== EVERYTHING.name));
        expect(block?.discarded ?? []).toEqual(known.filter(isDiscarded));
        expect(block === null ? [] : eventsOf(block)).toEqual(acceptedOf(known).map(seen));
      }),
      { numRuns: 300 },
    );
  });
});

const nextId = countingIds();
const SCHEMA: Pick<Schema, 'fields'> = {
  fields: [
    { name: 'of_another_version', type: { kind: 'string' }, required: false } as const,
    ...bronzeColumns(EVERYTHING).toReversed(),
  ].map(({ name, type, required }) => ({
    id: nextId(),
    name,
    required,
    type: toIcebergType(type, nextId),
  })),
};
const TYPES = new Map(bronzeColumns(EVERYTHING).map(({ name, type }) => [name, type]));

/** What stays of a block, as rows of the table. */
function rowsOf(processed: ReturnType<typeof processBlock>, length: number): readonly Row[] {
  const columns = tableColumns(SCHEMA, processed.columns, length).map(({ field, vector }) => ({
    name: field.name,
    read: valueReader(vector, TYPES.get(field.name) ?? { kind: 'string' }),
  }));
  return Array.from(processed.rows, (row) =>
    Object.fromEntries(columns.map(({ name, read }) => [name, read(row)])),
  );
}

function inTableOrder(rows: readonly Row[]): readonly Row[] {
  return rows.map((row) =>
    Object.fromEntries(SCHEMA.fields.map(({ name }) => [name, row[name] ?? null])),
  );
}

const before: fc.Arbitrary<SourceState | null> = fc.option(
  fc.record({
    position: fc.constant({ sequence: padSequence('0'), subSequence: 0 }),
    maxEventTimeMicros: fc.option(fc.constantFrom(900_000n, 1_000_000n, 1_020_000n, 2n ** 62n)),
    counts: fc.constant(NO_COUNTS),
  }),
);
const LAST = { sequence: padSequence('9'), subSequence: 9 };
const identities = fc.constantFrom(
  EVERYTHING.identity,
  ['id'],
  ['source_system'],
  ['number'],
  ['id', 'fee', 'fee_cents', 'at', 'day', 'price', 'large', 'small', 'raw', 'is_open', 'side'],
);

describe('decodeBlock', () => {
  it('decodes rows one by one when the decoder of columns fails', async () => {
    const decoder = {
      decode: () => {
        throw new RangeError('planted');
      },
    };
    const versions = WORLD.versions.map((version) => ({
      ...version,
      block: { ...version.block, decoder },
    }));
    await fc.assert(
      fc.asyncProperty(records, async (all) => {
        const known = judgeRows(WORLD, all).filter(({ stream }) => stream === EVERYTHING.name);
        const { block } = await judgeColumns({ ...WORLD, versions }, all);
        expect(block?.discarded ?? []).toEqual(known.filter(isDiscarded));
        expect(block === null ? [] : eventsOf(block)).toEqual(acceptedOf(known).map(seen));
      }),
    );
  });
});

describe('processBlock', () => {
  it('gives the rows, counts and state of processRows', async () => {
    await fc.assert(
      fc.asyncProperty(
        records,
        before,
        fc.constantFrom('kinesis:s/1', 'file:x/y'),
        fc.constantFrom(0, 5, 60_000),
        identities,
        async (all, state, source, horizonMs, identity) => {
          const stream = { ...EVERYTHING, identity, dedupe: { horizonMs } };
          const world = { ...createWorldCached(stream), stream };
          const { block } = await judgeColumns(world, all);
          if (block === null) return;
          const events = acceptedOf(judgeRows(world, all));
          // Every third identity is committed.
          const isCommitted = (hash: number, arrivalMs: number) =>
            hash % 3 === 0 && arrivalMs < 1_020;
          const expected = processRows(block.plan, events, {
            source,
            before: state,
            last: LAST,
            isCommitted: (id, arrivalMs) => isCommitted(hashText(id)[0]!, arrivalMs),
          });
          const options = {
            source,
            before: state,
            last: LAST,
            isCommitted: (hashes: Int32Array, item: number, arrivalMs: number) =>
              isCommitted(hashes[4 * item]!, arrivalMs),
          };
          for (const judged of [block, blockOfRows(block.plan, judgeRows(world, all))]) {
            const processed = processBlock(judged, options);
            expect(rowsOf(processed, judged.length)).toEqual(inTableOrder(expected.rows));
            expect(processed.state).toEqual(expected.state);
            expect(processed.counts).toEqual(expected.counts);
            expect(processed.hours).toEqual(expected.hours);
            expect(processed.duplicates).toEqual(expected.duplicates);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

const worlds = new Map<string, ReturnType<typeof createBlockWorld>>();

/** Compiling the readers takes longer than a run. */
function createWorldCached(stream: typeof EVERYTHING) {
  const key = JSON.stringify([stream.identity, stream.dedupe]);
  const known = worlds.get(key) ?? createBlockWorld(stream);
  worlds.set(key, known);
  return known;
}
