import type { SourceRecord } from '#app/open-record.ts';
import {
  comparePositions,
  kinesisSource,
  type Position,
  padSequence,
} from '#core/delivery/position.ts';
import { type IngestWorld, recordOf, START_MS, trade } from '#test/app/ingest-world.ts';
import type { RandomSource } from './random-source.ts';

/** One event as it was acknowledged, and what should become of it. */
export interface SentEvent {
  readonly source: string;
  readonly position: Position;
  readonly table: 'trade' | 'quote';
  readonly fate: 'accepted' | 'rejected' | 'undecodable';
  /** Equal for events that are the same event, sent again. */
  readonly identity: string;
  readonly arrivalMs: number;
}

/** A shard: its records, and the shards that have to be read to the end before it. */
export interface Shard {
  readonly source: string;
  readonly parents: readonly string[];
  readonly records: readonly SourceRecord[];
  /** Of each record. */
  readonly events: readonly (readonly SentEvent[])[];
}

export interface Workload {
  readonly shards: readonly Shard[];
  /** Every event, by source and position. */
  readonly events: readonly SentEvent[];
}

const STREAM = 'local-market';
const EVENTS_PER_RECORD = 6;
/** Of a shard that nothing happens to; a shard that is split ends halfway. */
const RECORDS_PER_SHARD = 12;
/** From record to record: partitions of an hour, and repeats within the horizon of an hour. */
const SLOT_MS = 10 * 60_000;
const LONGEST_REPEAT_MS = 50 * 60_000;
/** The rules of the repository's market domain refuse it. */
const REFUSED_PRICE = -1;

/**
 * At least three shards and 200 events: good ones, refused ones, broken ones, late ones, and repeats of earlier
 * ones in the same and in other batches. One shard is split, or two are merged, while it is read.
 */
export function createWorkload(
  world: IngestWorld,
  random: RandomSource,
  { repeatsElsewhere }: { readonly repeatsElsewhere: boolean },
): Workload {
  const events: SentEvent[] = [];
  let sequence = 0;
  const shard = (number: number, count: number, parents: readonly string[] = []): Shard => {
    const source = kinesisSource(STREAM, `shardId-${String(number).padStart(12, '0')}`);
    // Children go on where their parents end.
    const firstSlot = parents.length === 0 ? 0 : RECORDS_PER_SHARD / 2;
    const records = Array.from({ length: count }, (_, slot) =>
      createRecord(world, {
        random,
        events,
        source,
        repeatsElsewhere,
        sequence: ++sequence * 10,
        arrivalMs: START_MS + (firstSlot + slot) * SLOT_MS + random.below(SLOT_MS / 2),
      }),
    );
    const own = events.slice(-count * EVENTS_PER_RECORD);
    const eventsOf = records.map((_, index) =>
      own.slice(index * EVENTS_PER_RECORD, (index + 1) * EVENTS_PER_RECORD),
    );
    return { source, parents, records, events: eventsOf };
  };
  const half = RECORDS_PER_SHARD / 2;
  const [a, b, c] = [shard(0, half), shard(1, half), shard(2, RECORDS_PER_SHARD)];
  const children = random.chance(0.5)
    ? [shard(3, half, [a.source]), shard(4, half, [a.source])]
    : [shard(3, RECORDS_PER_SHARD, [a.source, b.source])];
  return { shards: [a, b, c, ...children], events };
}

function createRecord(
  world: IngestWorld,
  work: {
    readonly random: RandomSource;
    readonly events: SentEvent[];
    readonly source: string;
    readonly repeatsElsewhere: boolean;
    readonly sequence: number;
    readonly arrivalMs: number;
  },
): SourceRecord {
  const { random, events, source, sequence, arrivalMs } = work;
  const rows = Array.from({ length: EVENTS_PER_RECORD }, (_, subSequence) => {
    const position = { sequence: padSequence(String(sequence + 1)), subSequence };
    const repeated = random.chance(0.12) ? repeatable(events, work) : undefined;
    const table = repeated?.table ?? (random.chance(0.3) ? 'quote' : 'trade');
    const fate = repeated === undefined ? random.pick(FATES) : 'accepted';
    const identity =
      repeated?.identity ?? `${table}-${source.slice(-2)}-${sequence}-${subSequence}`;
    events.push({ source, position, table, fate, identity, arrivalMs });
    return encodeEvent(world, { table, fate, identity, random });
  });
  return { ...recordOf(world, sequence, rows), arrivalMs };
}

const FATES = [
  ...Array.from({ length: 14 }, () => 'accepted' as const),
  'rejected' as const,
  'undecodable' as const,
];

/** Repeats are sent where the first one was sent, a producer's key decides the shard; or where the key is now. */
function repeatable(
  events: readonly SentEvent[],
  {
    random,
    source,
    arrivalMs,
    repeatsElsewhere,
  }: {
    readonly random: RandomSource;
    readonly source: string;
    readonly arrivalMs: number;
    readonly repeatsElsewhere: boolean;
  },
): SentEvent | undefined {
  const isElsewhere = repeatsElsewhere && random.chance(0.5);
  const candidates = events.filter(
    (event) =>
      event.fate === 'accepted' &&
      (event.source !== source) === isElsewhere &&
      Math.abs(event.arrivalMs - arrivalMs) < LONGEST_REPEAT_MS,
  );
  return candidates.length === 0 ? undefined : random.pick(candidates.slice(-8));
}

function encodeEvent(
  world: IngestWorld,
  event: {
    readonly table: SentEvent['table'];
    readonly fate: SentEvent['fate'];
    readonly identity: string;
    readonly random: RandomSource;
  },
) {
  const { table, fate, identity, random } = event;
  const lateBySeconds = random.chance(0.1) ? 60 : random.below(5);
  const row = trade(identity, {
    timestamp: BigInt(START_MS - lateBySeconds * 1000) * 1000n,
    price: fate === 'rejected' ? REFUSED_PRICE : 1 + random.below(500),
  });
  const encoded = table === 'trade' ? world.encode(row) : world.encodeQuote(row);
  if (fate !== 'undecodable') return encoded;
  // The header names the schema; the row is cut off.
  return { ...encoded, data: encoded.data.subarray(0, encoded.data.length - 5) };
}

/** `source sequence/sub` of an event, as rows of the tables tell it. */
export function placeOf({ source, position }: Pick<SentEvent, 'source' | 'position'>): string {
  return `${source} ${position.sequence}/${position.subSequence}`;
}

export function inOrder(events: readonly SentEvent[]): readonly SentEvent[] {
  return events.toSorted(
    (a, b) =>
      (a.source < b.source ? -1 : a.source > b.source ? 1 : 0) ||
      comparePositions(a.position, b.position),
  );
}

/** The place (placeOf) of a row of a table. */
export function rowPlace(row: Readonly<Record<string, unknown>>): string {
  return `${row['_source']} ${row['_sequence']}/${row['_sub_sequence']}`;
}
