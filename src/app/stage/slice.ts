import type { ColumnTarget } from '#core/avro/columns/column-target.ts';
import { UNKNOWN_STREAM } from '#core/delivery/dead-letter.ts';
import { positionOf } from '#core/delivery/event-arena.ts';
import { decodeBlock } from '#core/delivery/event-block.ts';
import { judgeBlock } from '#core/delivery/judge-block.ts';
import type { JudgedBlock } from '#core/delivery/judged-block.ts';
import type { DiscardedEvent, JudgedEvent } from '#core/delivery/judged-event.ts';
import { comparePositions, type Position } from '#core/delivery/position.ts';
import type { ArrivedEvent } from '#core/delivery/replaced-source.ts';
import { blockOfRows } from '#core/delivery/rows-block.ts';
import { splitByStream } from '#core/delivery/split-events.ts';
import type { IngestConfig, IngestStream } from '../ingest-stream.ts';
import type { OpenedSlice } from '../open-events.ts';

/** Events of one source, in position order and as many as memory holds. */
export interface Slice {
  readonly source: string;
  readonly first: Position;
  readonly last: Position;
  /** Names of the streams that have events in it, new or not; UNKNOWN_STREAM among them. */
  readonly streams: ReadonlySet<string>;
  /** Every event, for those who must look at each. */
  arrivals(): Iterable<ArrivedEvent & { readonly stream: string }>;
  /** Judges the events after a position that may differ from stream to stream. What it gives is valid until the next call. */
  judge(after: (stream: string) => Position | null): JudgedSlice;
}

export interface JudgedSlice {
  /** One per stream with events. */
  readonly blocks: readonly StreamBlock[];
  /** Events of no known stream, in position order. */
  readonly unknown: readonly DiscardedEvent[];
}

export interface StreamBlock {
  readonly stream: IngestStream;
  readonly block: JudgedBlock;
}

/** Events as they came from a stream. `targetOf` gives each stream its buffers. */
export function sliceOfRecords(
  config: Pick<IngestConfig, 'domain' | 'streams'>,
  opened: OpenedSlice,
  options: {
    readonly source: string;
    readonly targetOf: (stream: IngestStream) => ColumnTarget;
  },
): Slice {
  const { arena, readers } = opened;
  const { domain } = config;
  const names = readers.map((reader) => reader?.plan.stream.name ?? UNKNOWN_STREAM);
  const streamOf = (event: number) => names[arena.schemas[event] ?? -1] ?? UNKNOWN_STREAM;
  const arrived = (event: number) => ({
    stream: streamOf(event),
    position: positionOf(arena, event),
    arrivalMicros: arena.records[arena.recordOf[event] ?? -1]?.arrivalMicros ?? 0n,
  });
  return {
    source: options.source,
    first: positionOf(arena, 0),
    last: positionOf(arena, arena.length - 1),
    streams: new Set([...names, ...(arena.problems.size > 0 ? [UNKNOWN_STREAM] : [])]),
    *arrivals() {
      for (let event = 0; event < arena.length; event++) yield arrived(event);
    },
    judge: (after) => {
      const { streams, unknown } = splitByStream(arena, { domain, readers, after });
      const blocks = streams.map((events): StreamBlock => {
        const stream = streamNamed(config, events.stream);
        const target = options.targetOf(stream);
        const { fields } = stream.plan.stream;
        return { stream, block: judgeBlock(decodeBlock(arena, events, { fields, target })) };
      });
      return { blocks, unknown };
    },
  };
}

/** Events that are judged already, at least one: rows of a file. */
export function sliceOfEvents(
  config: Pick<IngestConfig, 'streams'>,
  events: readonly JudgedEvent[],
  { source }: { readonly source: string },
): Slice {
  const [first, last] = [events[0]?.position, events.at(-1)?.position];
  if (first === undefined || last === undefined) {
    throw new RangeError('events to stage: expected at least one, got none');
  }
  return {
    source,
    first,
    last,
    streams: new Set(events.map(({ stream }) => stream)),
    arrivals: () => events,
    judge: (after) => {
      const open = events.filter(({ stream, position }) => isBehind(after(stream), position));
      const byStream = Map.groupBy(open, ({ stream }) => stream);
      const known = config.streams.filter(({ plan }) => byStream.has(plan.stream.name));
      const blocks = known.map((stream): StreamBlock => {
        const own = byStream.get(stream.plan.stream.name) ?? [];
        return { stream, block: blockOfRows(stream.plan, own) };
      });
      const names = new Set(known.map(({ plan }) => plan.stream.name));
      const unknown = open.filter(
        (event): event is DiscardedEvent => event.kind !== 'accepted' && !names.has(event.stream),
      );
      return { blocks, unknown };
    },
  };
}

function isBehind(after: Position | null, position: Position): boolean {
  return after === null || comparePositions(position, after) > 0;
}

function streamNamed({ streams }: Pick<IngestConfig, 'streams'>, name: string): IngestStream {
  const stream = streams.find(({ plan }) => plan.stream.name === name);
  if (stream === undefined) throw new TypeError(`expected a stream of the domain, got ${name}`);
  return stream;
}
