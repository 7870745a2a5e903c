import { type GeneratedPart, generatedChunks } from '#app/generated-chunks.ts';
import type { ProducedEvent } from '#app/producer-lane.ts';
import type { Domain, Stream } from '#core/config/project.ts';
import { bufferStreamName, topicsOf } from '#core/config/topic.ts';
import {
  countKinds,
  createEventGenerator,
  type GeneratedKind,
  type PlantedFaults,
  possibleFaults,
} from '#core/generate/generate-events.ts';
import type { LoadedProject } from '#runtime/load-project.ts';
import { createStreamEncoder } from '#runtime/stream-encoder.ts';
import type { DemoRun } from './demo-state.ts';
import { interleave } from './interleave.ts';

/** Every run's ids begin with it and the number of the run. */
export const DEMO_SEED = '42';
const FAULTS: PlantedFaults = { brokenEvery: 500, duplicateEvery: 400, lateEvery: 700 };
const UNDECODABLE_EVERY = 2_000;

export type PlantedCounts = Readonly<Record<Exclude<GeneratedKind, 'ok'> | 'undecodable', number>>;

/** What one stream gets of a run. */
export interface StreamShare {
  /** Generated; undecodable ones come on top. */
  readonly events: number;
  readonly planted: PlantedCounts;
}

/** Events for one stream of the buffer. */
export interface DemoTopic {
  readonly domain: string;
  readonly streamName: string;
  /** Reads the same events whenever it is called. */
  readonly chunks: () => AsyncGenerator<readonly ProducedEvent[]>;
}

export interface DemoInput {
  readonly topics: readonly DemoTopic[];
  /** Events on the wire, of all topics. */
  readonly events: number;
  /** By full name, for instance `market.trade`. */
  readonly streams: ReadonlyMap<string, StreamShare>;
}

/** Events of every stream of every domain, in proportion to what the domain files expect; a pure function of the run. */
export function createDemoInput(loaded: LoadedProject, run: DemoRun): DemoInput {
  const { domains, environment } = loaded.project;
  const parts = shareOut(domains, run).map(({ stream, events }) =>
    createPart(loaded, run, { stream, events }),
  );
  const partOf = (domain: string, name: string): readonly DemoPart[] =>
    parts.filter(({ stream }) => stream.domain === domain && stream.name === name);
  return {
    topics: domains.flatMap((domain) =>
      topicsOf(domain).map((topic) => ({
        domain: domain.name,
        streamName: bufferStreamName(environment.name, domain, topic),
        chunks: () =>
          interleave(
            topic.streams
              .flatMap((name) => partOf(domain.name, name))
              .map(({ part }) => ({ total: part.events, chunks: generatedChunks(part) })),
          ),
      })),
    ),
    events: parts.reduce((sum, { part, planted }) => sum + part.events + planted.undecodable, 0),
    streams: new Map(
      parts.map(({ stream, part, planted }) => [
        `${stream.domain}.${stream.name}`,
        { events: part.events, planted },
      ]),
    ),
  };
}

/** Sums over all streams. */
export function plantedInAll({ streams }: DemoInput): PlantedCounts {
  const sums = { broken: 0, duplicate: 0, late: 0, undecodable: 0 };
  for (const { planted } of streams.values()) {
    sums.broken += planted.broken;
    sums.duplicate += planted.duplicate;
    sums.late += planted.late;
    sums.undecodable += planted.undecodable;
  }
  return sums;
}

interface DemoPart {
  readonly stream: Stream;
  readonly part: GeneratedPart;
  readonly planted: PlantedCounts;
}

/** What rounding leaves goes to the busiest stream. */
function shareOut(
  domains: readonly Domain[],
  { events }: DemoRun,
): readonly { readonly stream: Stream; readonly events: number }[] {
  const streams = domains
    .flatMap((domain) => domain.streams)
    .sort((a, b) => b.rate.expectedPerSecond - a.rate.expectedPerSecond);
  const rates = streams.reduce((sum, { rate }) => sum + rate.expectedPerSecond, 0);
  const shares = streams.map((stream) => ({
    stream,
    events: Math.floor((events * stream.rate.expectedPerSecond) / rates),
  }));
  const rest = events - shares.reduce((sum, share) => sum + share.events, 0);
  return shares.map((share, index) =>
    index === 0 ? { ...share, events: share.events + rest } : share,
  );
}

function createPart(
  { registry }: LoadedProject,
  run: DemoRun,
  { stream, events }: { readonly stream: Stream; readonly events: number },
): DemoPart {
  const { encode, schemaVersionId } = createStreamEncoder(registry, stream);
  const wanted = {
    stream,
    seed: DEMO_SEED,
    run: run.number,
    startMs: run.startMs,
    eventsPerSecond: events / Math.max(1, (run.endMs - run.startMs) / 1000),
    faults: FAULTS,
  };
  const generator = events === 0 ? wanted : { ...wanted, faults: possibleFaults(wanted) };
  const { ok: _ok, ...kinds } = countKinds(generator, events);
  return {
    stream,
    part: {
      events,
      // A stream without events has no rate to make them at.
      eventAt: events === 0 ? noEvent : createEventGenerator(generator),
      encode,
      schemaVersionId,
      undecodableEvery: UNDECODABLE_EVERY,
    },
    planted: { ...kinds, undecodable: Math.floor(events / UNDECODABLE_EVERY) },
  };
}

function noEvent(): never {
  throw new RangeError('a stream without events was asked for one');
}
