import { expect } from 'vitest';
import { BATCH_KEY, type BatchSummary, readBatchSummaries } from '#core/delivery/batch-summary.ts';
import { decodeDeadLetters } from '#core/delivery/dead-letter.ts';
import { addCounts, type DeliveryCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { comparePositions, type Position } from '#core/delivery/position.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { type IngestWorld, QUOTES, REJECTED, TABLE } from './ingest-world.ts';

/** Where events went, by what the tables hold and state. */
export interface Books {
  /** `<source> <sequence>/<sub sequence>` of every row of the bronze tables, in order. */
  readonly committed: readonly string[];
  readonly rejected: readonly string[];
  readonly undecodable: readonly string[];
  readonly deduplicated: number;
  readonly late: number;
}

/**
 * Reads the books and checks that they are kept right: no position twice, what the commits state is what
 * the tables hold, what each batch states sums up to it, and every undecodable event has its object.
 */
export async function readBooks(world: IngestWorld): Promise<Books> {
  const bronze = [...(await world.rows(TABLE)), ...(await world.rows(QUOTES))];
  const filed = await world.rows(REJECTED);
  const places = [...bronze, ...filed].map(placeOf);
  expect(places.filter((place, index) => places.indexOf(place) < index)).toEqual([]);
  const ofKind = (kind: string) => filed.filter((row) => row['kind'] === kind);
  await expectObjects(world, ofKind('undecodable'));
  const [trades, quotes, rejections] = [
    await statedCounts(world, TABLE),
    await statedCounts(world, QUOTES),
    await statedCounts(world, REJECTED),
  ];
  const taken = addCounts(trades, quotes);
  const { deduplicated, late } = taken;
  expect(taken).toEqual({
    ...NO_COUNTS,
    received: bronze.length + deduplicated,
    committed: bronze.length,
    deduplicated,
    late: bronze.filter((row) => row['_late'] === true).length,
  });
  expect(rejections).toEqual({
    ...NO_COUNTS,
    received: filed.length,
    rejected: ofKind('rejected').length,
    deadLettered: ofKind('undecodable').length,
  });
  return {
    committed: bronze.map(placeOf).toSorted(),
    rejected: ofKind('rejected').map(placeOf).toSorted(),
    undecodable: ofKind('undecodable').map(placeOf).toSorted(),
    deduplicated,
    late,
  };
}

/** Reads the books and checks that they account for this many events. */
export async function expectBooks(world: IngestWorld, received: number): Promise<Books> {
  const books = await readBooks(world);
  const { committed, rejected, undecodable, deduplicated } = books;
  expect(committed.length + rejected.length + undecodable.length + deduplicated).toBe(received);
  return books;
}

function placeOf(row: Readonly<Record<string, unknown>>): string {
  return `${row['_source']} ${row['_sequence']}/${row['_sub_sequence']}`;
}

async function expectObjects(
  world: IngestWorld,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  for (const row of rows) {
    const { source, sequence, events } = decodeDeadLetters(
      await world.store.get(String(row['payload_uri'])),
    );
    expect([source, sequence]).toEqual([row['_source'], row['_sequence']]);
    const event = events.find(({ subSequence }) => subSequence === row['_sub_sequence']);
    expect(event).toMatchObject({ kind: 'undecodable', reason: row['reason'] });
  }
}

/** Totals of a table's sources; every commit's batch is checked and summed up on the way. */
async function statedCounts(world: IngestWorld, table: typeof TABLE): Promise<DeliveryCounts> {
  const metadata = await world.metadata(table);
  const states = [...readSourceStates(metadata).values()];
  const stated = states.reduce((sum, { counts }) => addCounts(sum, counts), NO_COUNTS);
  expect(sumOfBatches(metadata)).toEqual(stated);
  if (table !== REJECTED) expectRangesInOrder(metadata);
  return stated;
}

function batchesOf(metadata: TableMetadata): readonly BatchSummary[] {
  return metadata.snapshots.flatMap(({ summary }) => {
    const batches = readBatchSummaries(summary);
    if (batches.length === 0) throw new Error(`a commit without ${BATCH_KEY}`);
    for (const { first, last } of batches) {
      expect(comparePositions(first, last)).toBeLessThanOrEqual(0);
    }
    return batches;
  });
}

function sumOfBatches(metadata: TableMetadata): DeliveryCounts {
  const hours = batchesOf(metadata).flatMap(({ streams }) => [...streams.values()]);
  return hours.flatMap((counts) => [...counts.values()]).reduce(addCounts, NO_COUNTS);
}

/** Each batch of a source begins after the one before it. */
function expectRangesInOrder(metadata: TableMetadata): void {
  const lastOf = new Map<string, Position>();
  for (const { source, first, last } of batchesOf(metadata)) {
    const before = lastOf.get(source);
    if (before !== undefined) expect(comparePositions(first, before)).toBeGreaterThan(0);
    lastOf.set(source, last);
  }
}
