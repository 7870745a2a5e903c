import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../kinesis/temporary-folder.ts';
import { type History, MappingHistory, type Step } from './mapping-history.ts';

const HISTORIES = 1000;
/** `MAPPING_SEED=<seed>` plays the histories from there on. */
const FIRST_SEED = Number(process.env['MAPPING_SEED'] ?? 1);
const KEYS = 7;

/** Uniform numbers in [0, 1) that are the same on every run (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function drawHistory(seed: number): History {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const oneOf = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const drawStep = (): Step => {
    const draw = random();
    if (draw < 0.4) {
      return { kind: 'put', keys: Array.from({ length: 1 + below(9) }, () => below(KEYS)) };
    }
    if (draw < 0.7) return { kind: 'wait', ms: oneOf([1, 100, 1000, 4000, 20_000, 61_000]) };
    return {
      kind: oneOf(['split', 'merge', 'kill', 'kill', 'stop', 'disable', 'enable'] as const),
    };
  };
  return {
    shardCount: 1 + below(2),
    mapping: {
      batchSize: 1 + below(8),
      batchingWindowMs: oneOf([0, 0, 1000, 5000]),
      parallelizationFactor: oneOf([1, 1, 2, 4]),
      bisectOnError: random() < 0.5,
      maxRetryAttempts: oneOf([-1, 0, 1, 3]),
      maxRecordAgeSeconds: oneOf([-1, -1, 60]),
      reportBatchItemFailures: random() < 0.5,
    },
    steps: Array.from({ length: 5 + below(20) }, drawStep),
    random,
    troubleShare: oneOf([0, 0.2, 0.6]),
    poisonShare: oneOf([0, 0, 0.05]),
  };
}

describe('an event source mapping through a random history', () => {
  it('settles every record, in order, whatever fails, is killed or is resharded', async () => {
    const stateDir = temporaryFolder();
    let invocations = 0;
    let records = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
      const history = new MappingHistory(drawHistory(seed), stateDir);
      await history.play();
      expect(history.model.broken.slice(0, 3), `history of seed ${seed}`).toEqual([]);
      invocations += history.invocations;
      records += history.model.recordCount;
    }
    // The histories are worth something: work was done, and repeated.
    expect(records).toBeGreaterThan(HISTORIES * 10);
    expect(invocations).toBeGreaterThan(records / 4);
  });
});
