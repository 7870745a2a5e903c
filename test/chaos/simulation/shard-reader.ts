import { comparePositions, type Position, padSequence } from '#core/delivery/position.ts';
import type { RandomSource } from './random-source.ts';
import type { Ending, Process, Scheduler } from './scheduler.ts';
import type { Shard } from './workload.ts';

/** Invocations get this long; a process that stands still longer goes on as a zombie. */
export const FUNCTION_TIMEOUT_MS = 120_000;
/** Batches of a shard that are worked on at a time: more than one, and positions say nothing about what is before them. */
export const PARALLELIZATION_FACTOR = 1;
const LARGEST_BATCH = 5;
const RETRY_AFTER_MS = 2_000;
/** Between batches: a run lasts hours, so that partitions close and files grow old. */
const LONGEST_PAUSE_MS = 20 * 60_000;
const LOOK_AGAIN_MS = 60_000;

/** What an event source mapping needs to know of the world. */
export interface EventSource {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  /** Batches that fail may be given up: to the failure destination. */
  readonly givesUp: boolean;
  /** Starts an invocation with records `from..to` of a shard. */
  invoke(shard: Shard, from: number, to: number): Process;
  /** The mapping is disabled: somebody repairs something. */
  isPaused(): boolean;
  isOver(): boolean;
  /** Told of a batch that was not taken in. */
  failed(shard: Shard, batch: Range, ending: Ending, process: Process): void;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** A shard as a mapping reads it. */
export class ShardReader {
  readonly shard: Shard;
  /** Number of the next record. */
  next = 0;
  /** Records that the mapping has given up. */
  readonly holes: Range[] = [];
  #rewinds = 0;

  constructor(shard: Shard) {
    this.shard = shard;
  }

  isAtEnd(): boolean {
    return this.next >= this.shard.records.length;
  }

  /** The mapping is created anew: it begins with the first record that may have events after the position. */
  rewindTo(position: Position | null): void {
    const first = this.shard.records.findIndex(({ sequenceNumber }) => {
      const last = { sequence: padSequence(sequenceNumber), subSequence: Number.MAX_SAFE_INTEGER };
      return position === null || comparePositions(last, position) > 0;
    });
    this.#rewinds++;
    if (first >= 0) this.next = Math.min(this.next, first);
  }

  /**
   * Delivers the shard as a Kinesis event source mapping does: batches in order, at least once, again with other boundaries
   * after a failure; now and then a batch that succeeded is delivered once more, or to two at a time, and once the shard is
   * read again from an earlier position.
   */
  async read(source: EventSource): Promise<void> {
    const { random, scheduler } = source;
    const total = this.shard.records.length;
    let replayAt = random.chance(0.3) ? random.between(1, total) : Number.POSITIVE_INFINITY;
    while (!source.isOver()) {
      if (source.isPaused() || this.isAtEnd()) {
        await scheduler.sleep(LOOK_AGAIN_MS);
        continue;
      }
      const rewinds = this.#rewinds;
      const from = this.next;
      const to = Math.min(total, from + random.between(1, LARGEST_BATCH));
      const isTaken = await this.#deliverAhead(source, { from, to });
      if (rewinds !== this.#rewinds) continue;
      if (isTaken) await scheduler.sleep(random.below(LONGEST_PAUSE_MS));
      else await scheduler.sleep(RETRY_AFTER_MS);
      if (rewinds !== this.#rewinds) continue;
      if (isTaken && random.chance(0.08)) continue;
      const isGivenUp = !isTaken && source.givesUp && random.chance(0.3);
      if (!isTaken && !isGivenUp) continue;
      if (isGivenUp) this.holes.push({ from, to });
      this.next = to;
      if (to < replayAt) continue;
      replayAt = Number.POSITIVE_INFINITY;
      this.next = random.below(to);
    }
  }

  async #deliverAhead(source: EventSource, { from, to }: Range): Promise<boolean> {
    const total = this.shard.records.length;
    const ahead = Math.min(total, to + (to - from) * (PARALLELIZATION_FACTOR - 1));
    const [isTaken] = await Promise.all([
      this.#deliver(source, { from, to }),
      ahead > to ? this.#deliver(source, { from: to, to: ahead }) : null,
      source.random.chance(0.04) ? this.#deliver(source, { from, to }) : null,
    ]);
    return isTaken;
  }

  /** Ends when the function has answered, or when its time is over whatever it does then. */
  async #deliver(source: EventSource, range: Range): Promise<boolean> {
    const process = source.invoke(this.shard, range.from, range.to);
    const timedOut = source.scheduler.sleep(FUNCTION_TIMEOUT_MS).then((): Ending => TIMED_OUT);
    const ending = await Promise.race([process.ended, timedOut]);
    if (ending.kind === 'done') return true;
    source.failed(this.shard, range, ending, process);
    return false;
  }
}

const TIMED_OUT: Ending = { kind: 'failed', error: new Error('timed out') };
