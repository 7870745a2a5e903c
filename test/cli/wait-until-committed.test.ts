import { describe, expect, it } from 'vitest';
import type { CloudHealth } from '#cli/local-cloud.ts';
import { type Commits, waitUntilCommitted } from '#cli/wait-until-committed.ts';

const STILL: CloudHealth = {
  pid: 1,
  endpoint: 'http://127.0.0.1:1',
  stacks: [],
  outputs: {},
  delegates: {},
  pending: false,
  checkpoints: {},
};
const cloud = { health: async () => STILL };
const options = { signal: new AbortController().signal, onPoll: async () => {} };

/** Domains with staged batches, of which every commit takes one. */
function commitsOf(staged: Record<string, number>, { isStuck = false } = {}) {
  const rung: string[] = [];
  const commits: Commits = {
    staged: async () =>
      Object.entries(staged).map(([domain, batches]) => ({
        domain,
        batches,
        oldestStagedAtMs: batches === 0 ? null : 1,
      })),
    commit: async (domain) => {
      rung.push(domain);
      if (!isStuck) staged[domain] = (staged[domain] ?? 0) - 1;
    },
  };
  return { commits, rung };
}

describe('waitUntilCommitted', () => {
  it('ends at once when nothing is staged', async () => {
    const { commits, rung } = commitsOf({ market: 0, city: 0 });
    await waitUntilCommitted(cloud, commits, options);
    expect(rung).toEqual([]);
  });

  it('has what is staged committed until nothing is left, and says what it waits for', async () => {
    const { commits, rung } = commitsOf({ market: 2, city: 1, other: 0 });
    const told: string[] = [];
    await waitUntilCommitted(cloud, commits, { ...options, onWait: (text) => told.push(text) });
    expect(rung).toEqual(['market', 'city', 'market']);
    expect(told).toEqual([
      'Staged batches wait for their commit: 2 of market, 1 of city.',
      'Staged batches wait for their commit: 1 of market.',
    ]);
  });

  it('gives up with a sentence when nothing moves', async () => {
    const { commits } = commitsOf({ market: 3 }, { isStuck: true });
    await expect(waitUntilCommitted(cloud, commits, { ...options, stallMs: 150 })).rejects.toThrow(
      /not committed for 0 s \(3 of market\); look into the log of the committer/,
    );
  });

  it('ends when it is interrupted', async () => {
    const { commits, rung } = commitsOf({ market: 3 }, { isStuck: true });
    await waitUntilCommitted(cloud, commits, { ...options, signal: AbortSignal.abort() });
    expect(rung).toEqual([]);
  });
});
