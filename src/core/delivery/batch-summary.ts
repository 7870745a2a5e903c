import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import type { Position } from './position.ts';
import type { DeliveryCounts } from './source-state.ts';

/** Counts of one stream by arrival hour, as `2026-11-20T21` (UTC). */
export type HourlyCounts = ReadonlyMap<string, DeliveryCounts>;

/**
 * What one commit accounted for: every event of its streams from `first` to `last` of one source. It
 * stands in the snapshot's summary, so the ledger is rolled up from what was committed and nothing else.
 */
export interface BatchSummary {
  readonly source: string;
  readonly first: Position;
  readonly last: Position;
  /** Stream name to counts; a bronze table has its own stream only, `rejected` those of its rows. */
  readonly streams: ReadonlyMap<string, HourlyCounts>;
}

/** Key in the snapshot summary. */
export const BATCH_KEY = 'sluice.batch';

/** Arrival hour of an event: the first 13 characters of its ISO 8601 time, UTC. */
export function arrivalHour(arrivalMicros: bigint): string {
  return new Date(Number(arrivalMicros / 1000n)).toISOString().slice(0, 13);
}

const position = z.tuple([z.string().regex(/^\d{56}$/), z.int().min(0)]);
const counts = z.tuple([z.int(), z.int(), z.int(), z.int(), z.int(), z.int()]);
const document = z.strictObject({
  source: z.string(),
  first: position,
  last: position,
  streams: z.record(z.string(), z.record(z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}$/), counts)),
});

/** JSON text; streams and hours in order, so equal batches give equal bytes. */
export function encodeBatchSummary(batch: BatchSummary): string {
  const content: z.infer<typeof document> = {
    source: batch.source,
    first: [batch.first.sequence, batch.first.subSequence],
    last: [batch.last.sequence, batch.last.subSequence],
    streams: {},
  };
  for (const stream of [...batch.streams.keys()].sort()) {
    const hours = batch.streams.get(stream) ?? new Map<string, DeliveryCounts>();
    content.streams[stream] = Object.fromEntries(
      [...hours].sort(([a], [b]) => (a < b ? -1 : 1)).map(([hour, c]) => [hour, countsTuple(c)]),
    );
  }
  return JSON.stringify(content);
}

function countsTuple(c: DeliveryCounts): z.infer<typeof counts> {
  return [c.received, c.committed, c.rejected, c.deduplicated, c.deadLettered, c.late];
}

/** The batch of a snapshot; null for a commit of another engine or of maintenance. Throws TABLE_INVALID. */
export function readBatchSummary(summary: Readonly<Record<string, string>>): BatchSummary | null {
  const text = summary[BATCH_KEY];
  if (text === undefined) return null;
  const parsed = document.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new SluiceError('TABLE_INVALID', `${BATCH_KEY}: ${z.prettifyError(parsed.error)}`);
  }
  const { source, first, last, streams } = parsed.data;
  return {
    source,
    first: { sequence: first[0], subSequence: first[1] },
    last: { sequence: last[0], subSequence: last[1] },
    streams: new Map(
      Object.entries(streams).map(([stream, hours]) => [
        stream,
        new Map(Object.entries(hours).map(([hour, tuple]) => [hour, countsOf(tuple)])),
      ]),
    ),
  };
}

function countsOf(tuple: z.infer<typeof counts>): DeliveryCounts {
  const [received, committed, rejected, deduplicated, deadLettered, late] = tuple;
  return { received, committed, rejected, deduplicated, deadLettered, late };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SluiceError(
      'TABLE_INVALID',
      `${BATCH_KEY}: expected JSON, got ${text.length} characters that are not`,
      { cause },
    );
  }
}
