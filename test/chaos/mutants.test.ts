import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants/mutants.ts';

const SIMULATE = fileURLToPath(new URL('simulate.ts', import.meta.url));
const PLANT = fileURLToPath(new URL('mutants/plant.ts', import.meta.url));
/** More than any of them needs; a mutant that lives so long is not caught. */
const RUNS = '150';
const SEED = 'mutants';

/** Last line of the simulation's output with a bug planted. */
async function simulateWith(
  mutant: string,
): Promise<{ readonly status: number | null; readonly last: string }> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      PLANT,
      SIMULATE,
      '--runs',
      RUNS,
      '--seed',
      SEED,
      '--workers',
      '1',
      '--bail',
      '--json',
    ],
    { env: { ...process.env, MUTANT: mutant }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, last: output.trimEnd().split('\n').at(-1) ?? '' };
}

describe('the simulation', () => {
  it.each(MUTANTS)('catches: $bug', { timeout: 120_000 }, async ({ name }) => {
    const { status, last } = await simulateWith(name);
    expect(status).toBe(1);
    expect(JSON.parse(last)).toMatchObject({ seed: SEED, violations: expect.any(Number) });
    expect((JSON.parse(last) as { violations: number }).violations).toBeGreaterThan(0);
  });
});
