import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import {
  escapeName,
  isPacked,
  malformed,
  PackedFields,
  packCounts,
  packedRecords,
  packRecords,
  requireCanonical,
  unpackCounts,
} from './packed-text.ts';
import type { Position } from './position.ts';

/** Counts of one stream by arrival hour, as `2026-11-20T21` (UTC). */
export type HourlyCounts = ReadonlyMap<string, DeliveryCounts>;

/**
 * What one commit accounted for of one source: every event of its streams from `first` to `last`. The list of them
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

/** Packed text (see packed-text.ts): one record per source; streams and hours in order, so equal batches give equal bytes. */
export function encodeBatchSummaries(batches: readonly BatchSummary[]): string {
  const fields = new PackedFields();
  const before: HourPlace = { stream: '', hour: '' };
  return packRecords(
    batches.map((batch) =>
      [
        fields.packName(batch.source),
        ...fields.packPosition(batch.first),
        ...fields.packPosition(batch.last),
        ...packStreams(batch.streams, before),
      ].join(','),
    ),
  );
}

/** Stream and hour of the counts before; what is the same is left empty. */
interface HourPlace {
  stream: string;
  hour: string;
}

/** `stream+hour+counts` per hour, and `stream` for one without any. */
function packStreams(streams: BatchSummary['streams'], before: HourPlace): readonly string[] {
  const groups: string[] = [];
  for (const [stream, hours] of [...streams].sort(byKey)) {
    if (hours.size === 0) groups.push(packPlace(stream, before, 'stream'));
    for (const [hour, counts] of [...hours].sort(byKey)) {
      const place = [packPlace(stream, before, 'stream'), packPlace(hour, before, 'hour')];
      groups.push([...place, ...packCounts(counts)].join('+'));
    }
  }
  return groups;
}

function packPlace(name: string, before: HourPlace, part: keyof HourPlace): string {
  if (before[part] === name) return '';
  before[part] = name;
  return escapeName(name);
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/**
 * What a snapshot accounts for, source by source; nothing for a commit of another engine or of maintenance. Reads the JSON
 * of before, too. Throws TABLE_INVALID.
 */
export function readBatchSummaries(
  summary: Readonly<Record<string, string>>,
): readonly BatchSummary[] {
  const text = summary[BATCH_KEY];
  if (text === undefined) return [];
  try {
    return isPacked(text) ? unpackSummaries(text) : parseSummaries(text);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError('TABLE_INVALID', `${BATCH_KEY}: ${problem}`, { cause });
  }
}

function unpackSummaries(text: string): readonly BatchSummary[] {
  const fields = new PackedFields();
  const before: HourPlace = { stream: '', hour: '' };
  const batches = packedRecords(text).map((record): BatchSummary => {
    const [source, first, firstSub, last, lastSub, ...streams] = record.split(',');
    return {
      source: fields.unpackName(source),
      first: fields.unpackPosition(first, firstSub),
      last: fields.unpackPosition(last, lastSub),
      streams: unpackStreams(streams, before),
    };
  });
  requireCanonical(text, encodeBatchSummaries(batches));
  return batches;
}

function unpackStreams(groups: readonly string[], before: HourPlace): BatchSummary['streams'] {
  const streams = new Map<string, Map<string, DeliveryCounts>>();
  for (const group of groups) {
    const [name = '', hour, ...counts] = group.split('+');
    if (name !== '') before.stream = decodeURIComponent(name);
    const hours = streams.get(before.stream) ?? new Map<string, DeliveryCounts>();
    streams.set(before.stream, hours);
    if (hour === undefined) continue;
    if (hour !== '') before.hour = hour;
    if (!HOUR.test(before.hour)) throw malformed('an hour', before.hour);
    hours.set(before.hour, unpackCounts(counts));
  }
  return streams;
}

const HOUR = /^\d{4}-\d{2}-\d{2}T\d{2}$/;

const position = z.tuple([z.string().regex(/^\d{56}$/), z.int().min(0)]);
const counts = z.tuple([z.int(), z.int(), z.int(), z.int(), z.int(), z.int()]);
const document = z.strictObject({
  source: z.string(),
  first: position,
  last: position,
  streams: z.record(z.string(), z.record(z.string().regex(HOUR), counts)),
});

const documents = z.union([z.array(document), document]);

/** The forms of before: a list, and one batch without a list, from before batches were grouped. */
function parseSummaries(text: string): readonly BatchSummary[] {
  const parsed = documents.safeParse(parseJson(text));
  if (!parsed.success) throw new SluiceError('TABLE_INVALID', z.prettifyError(parsed.error));
  return [parsed.data].flat().map(toSummary);
}

function toSummary({ source, first, last, streams }: z.infer<typeof document>): BatchSummary {
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
    const got = `${text.length} characters that are not`;
    throw new SluiceError('TABLE_INVALID', `expected JSON or packed text, got ${got}`, { cause });
  }
}
