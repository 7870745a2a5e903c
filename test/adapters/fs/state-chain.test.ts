import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStateChain, type StoredState } from '#adapters/fs/state-chain.ts';

function newChain(statesPerEpoch: number) {
  const root = mkdtempSync(path.join(os.tmpdir(), 'sluice-chain-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folder = path.join(root, 'a', 'b');
  return { folder, chain: openStateChain(folder, { statesPerEpoch }) };
}

describe('state chain', () => {
  it('has no state at first', async () => {
    expect(await newChain(3).chain.current()).toBeNull();
  });

  it('counts on, through epochs', async () => {
    const { chain } = newChain(2);
    const places: string[] = [];
    for (let state = 0; state < 5; state++) {
      expect(await chain.advance(await chain.current(), `state ${state}`)).toBe(true);
      const current = await chain.current();
      places.push(`${current?.epoch}.${current?.number} ${current?.text}`);
    }
    expect(places).toEqual([
      '1.0 state 0',
      '1.1 state 1',
      '2.0 state 2',
      '2.1 state 3',
      '3.0 state 4',
    ]);
  });

  it.each([1, 2, 3, 100])(
    'gives every state one successor, with %i states an epoch',
    async (size) => {
      const { chain } = newChain(size);
      const passed: (StoredState | null)[] = [null];
      for (let state = 0; state < 12; state++) {
        const base = await chain.current();
        const results = await Promise.all(
          ['a', 'b', 'c'].map((name) => chain.advance(base, `${name}${state}`)),
        );
        expect(results.filter((won) => won)).toHaveLength(1);
        passed.push(await chain.current());
      }
      const last = passed.pop();
      for (const base of passed) {
        // A process that slept since then; the epoch may be gone.
        await expect(
          chain.advance(base ?? null, 'late').catch((error: { code?: string }) => error.code),
        ).resolves.toSatisfy((outcome) => outcome === false || outcome === 'COMMIT_STATE_UNKNOWN');
      }
      expect(await chain.current()).toEqual(last);
    },
  );

  it('leaves nothing under way behind', async () => {
    const { folder, chain } = newChain(2);
    for (let state = 0; state < 6; state++) {
      const base = await chain.current();
      await Promise.all(['a', 'b'].map((name) => chain.advance(base, `${name}${state}`)));
    }
    const names = readdirSync(folder, { recursive: true }).map(String);
    expect(names.filter((name) => name.includes('under-way'))).toEqual([]);
  });
});
