import type { GeneratorConnector, GeneratorProducer } from '../config/connector.ts';
import { SluiceError } from '../errors.ts';
import type { Row } from '../schema/field.ts';
import { createEventGenerator, type GeneratedStream } from './generate-events.ts';
import { createRandomAccess } from './random-access.ts';

/** The events of one interval of one producer. */
export interface GeneratorTick {
  /** When they are due; milliseconds since the epoch. */
  readonly atMs: number;
  /** Makes the rows, by stream. */
  rows(): ReadonlyMap<string, readonly Row[]>;
}

/** Where the intervals are counted from: 2020-01-01. Identities hold the count, so it never changes. */
const ORIGIN_MS = 1_577_836_800_000;

/** Makes the ticks of one producer. */
export interface ProducerTicks {
  /** Ticks due at or after `fromMs` and before `untilMs`, in order. */
  between(fromMs: number, untilMs: number): Generator<GeneratorTick>;
}

/**
 * A producer's ticks as a function of seed, producer and time, with nothing carried from one to the next: whoever asks
 * for a time gets the same events with the same identities. An interval has as many indexes as it can have records, so
 * that the index of an event does not depend on the counts before it.
 * Throws CONFIG_INVALID when the streams' generators do not fit their fields, or faults cannot be planted.
 */
export function createProducerTicks(
  connector: Pick<GeneratorConnector, 'seed' | 'faults'>,
  producer: GeneratorProducer & { readonly index: number },
  streams: readonly GeneratedStream[],
): ProducerTicks {
  const { everyMs, minRecords, maxRecords } = producer;
  const seed = `${connector.seed}.${producer.index}`;
  const makers = streams.map((stream) => ({
    name: stream.name,
    counts: createRandomAccess(`${seed}/${stream.domain}.${stream.name}/records`),
    eventAt: createEventGenerator({
      stream,
      seed,
      run: 0,
      // An event happens in the interval before its tick, so that none comes before its time.
      startMs: ORIGIN_MS - everyMs,
      eventsPerSecond: (maxRecords * 1_000) / everyMs,
      faults: connector.faults,
    }),
  }));
  const rowsOf = (tick: number) =>
    new Map(
      makers.map(({ name, counts, eventAt }) => {
        const spread = maxRecords - minRecords + 1;
        const count = minRecords + Math.floor(counts.uniformAt(tick) * spread);
        const first = tick * maxRecords;
        return [
          name,
          Array.from({ length: count }, (_, slot) => eventAt(first + slot).row),
        ] as const;
      }),
    );
  return {
    *between(fromMs, untilMs) {
      if (fromMs < ORIGIN_MS) {
        throw new SluiceError(
          'USAGE',
          'expected a time after 2020, got an earlier one; is the clock right?',
        );
      }
      for (let tick = Math.ceil((fromMs - ORIGIN_MS) / everyMs); ; tick++) {
        const atMs = ORIGIN_MS + tick * everyMs;
        if (atMs >= untilMs) return;
        yield { atMs, rows: () => rowsOf(tick) };
      }
    },
  };
}
