import { describe, expect, it } from 'vitest';
import type { FuzzTarget } from './fuzz-target.ts';
import { runTarget } from './run-target.ts';
import { FUZZ_TARGETS } from './targets.ts';

/** A sample; `npm run test:fuzz` runs 100,000 of each. */
const INPUTS = 200;

describe('hostile input', () => {
  it.each(FUZZ_TARGETS)('$name: is accepted or refused with a reason', async (target) => {
    const report = await runTarget(target, { inputs: INPUTS, seed: 7 });
    expect(report.failures).toEqual([]);
    expect(report.accepted + report.refused).toBe(INPUTS);
  });
});

describe('the fuzzer', () => {
  const faulty: FuzzTarget = {
    name: 'faulty',
    prepare: async () => ({
      run(draw) {
        if (draw() < 0.01) throw new TypeError('planted');
        return 'accepted';
      },
    }),
  };

  it('reports the input that breaks its target, the same one for the same seed', async () => {
    const first = await runTarget(faulty, { inputs: 1_000, seed: 1 });
    const again = await runTarget(faulty, { inputs: 1_000, seed: 1 });
    expect(first.failures.length).toBeGreaterThan(0);
    expect(first.failures[0]?.problem).toMatch(/planted/);
    expect(again.failures.map(({ index }) => index)).toEqual(
      first.failures.map(({ index }) => index),
    );
  });
});
