import { UNKNOWN_STREAM } from './dead-letter.ts';
import { createPartitionKeys, type EventArena, payloadOf, positionOf } from './event-arena.ts';
import type { BlockReader, StreamEvents } from './event-block.ts';
import type { UndecodableEvent } from './judged-event.ts';
import type { Position } from './position.ts';

export interface SplitEvents {
  readonly streams: readonly StreamEvents[];
  /** Events of no known stream, in position order. */
  readonly unknown: readonly UndecodableEvent[];
}

/**
 * Tells the events of an arena apart by stream.
 * @param options.readers By index of `arena.schemaIds`; null for a schema that is none of the domain's.
 * @param options.after Events of a stream (UNKNOWN_STREAM included) at or below this position are left out. @default none
 */
export function splitByStream(
  arena: EventArena,
  options: {
    readonly domain: string;
    readonly readers: readonly (BlockReader | null)[];
    readonly after?: (stream: string) => Position | null;
  },
): SplitEvents {
  const groups = groupReaders(arena, options);
  for (let event = 0; event < arena.length; event++) {
    const schema = arena.schemas[event]!;
    const group = schema < 0 ? groups.unknown : groups.bySchema[schema]!;
    if (arena.subSequences[event]! < group.firstSub[arena.recordOf[event]!]!) continue;
    const row = group.count++;
    group.events[row] = event;
    const reader = schema < 0 ? null : options.readers[schema]!;
    if (reader === group.lastReader) continue;
    group.lastReader = reader;
    if (reader !== null) group.runStarts.push({ from: row, reader });
  }
  const { unknown } = groups;
  const partitionKeyOf = createPartitionKeys(arena);
  return {
    streams: groups.streams.filter(({ count }) => count > 0).map(toStreamEvents),
    unknown: Array.from(unknown.events.subarray(0, unknown.count), (event) =>
      unknownEvent(arena, event, { partitionKey: partitionKeyOf(event), domain: options.domain }),
    ),
  };
}

interface Group {
  readonly stream: string;
  readonly events: Int32Array;
  count: number;
  lastReader: BlockReader | null;
  readonly runStarts: { readonly from: number; readonly reader: BlockReader }[];
  /** By record: the first sub-sequence that is taken. */
  readonly firstSub: Float64Array;
}

function groupReaders(
  arena: EventArena,
  {
    readers,
    after,
  }: {
    readonly readers: readonly (BlockReader | null)[];
    readonly after?: (stream: string) => Position | null;
  },
) {
  const create = (stream: string): Group => ({
    stream,
    events: new Int32Array(arena.length),
    count: 0,
    lastReader: null,
    runStarts: [],
    firstSub: firstSubSequences(arena, after?.(stream) ?? null),
  });
  const unknown = create(UNKNOWN_STREAM);
  const streams = new Map<string, Group>();
  const bySchema = arena.schemaIds.map((_, schema) => {
    const reader = readers[schema] ?? null;
    if (reader === null) return unknown;
    const { name } = reader.plan.stream;
    const group = streams.get(name) ?? create(name);
    streams.set(name, group);
    return group;
  });
  return { unknown, bySchema, streams: [...streams.values()] };
}

function firstSubSequences(arena: EventArena, after: Position | null): Float64Array {
  const first = new Float64Array(arena.records.length);
  if (after === null) return first;
  for (const [index, { sequence }] of arena.records.entries()) {
    if (sequence < after.sequence) first[index] = Number.POSITIVE_INFINITY;
    else if (sequence === after.sequence) first[index] = after.subSequence + 1;
  }
  return first;
}

function toStreamEvents({ stream, events, count, runStarts }: Group): StreamEvents {
  const runs = runStarts.map(({ from, reader }, index) => ({
    from,
    to: runStarts[index + 1]?.from ?? count,
    reader,
  }));
  return { stream, events: events.subarray(0, count), runs };
}

function unknownEvent(
  arena: EventArena,
  event: number,
  { partitionKey, domain }: { readonly partitionKey: string; readonly domain: string },
): UndecodableEvent {
  const schema = arena.schemas[event]!;
  return {
    kind: 'undecodable',
    stream: UNKNOWN_STREAM,
    position: positionOf(arena, event),
    arrivalMicros: arena.records[arena.recordOf[event]!]!.arrivalMicros,
    partitionKey,
    payload: payloadOf(arena, event),
    reason:
      schema < 0
        ? (arena.problems.get(event) ?? 'event without a body')
        : `schema version ${arena.schemaIds[schema]} is not registered for domain ${domain}`,
    schemaVersion: null,
  };
}
