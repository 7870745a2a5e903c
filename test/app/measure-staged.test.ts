import { describe, expect, it } from 'vitest';
import { measureStaged } from '#app/measure-staged.ts';
import type { SourceChain, StagedLink } from '#core/delivery/source-chain.ts';

const position = { sequence: '1', subSequence: 0 };

function link(stagedAtMs: number): StagedLink {
  const descriptor = { uri: 's3://lake/staged/a.json', sha256: '00' };
  return { prev: null, last: position, tables: new Map(), descriptor, stagedAtMs };
}

function chain(source: string, links: readonly StagedLink[]): SourceChain {
  return { source, version: 1, position, tables: new Map(), links };
}

function logOf(...chains: readonly SourceChain[]) {
  return { list: async (domain: string) => (domain === 'market' ? chains : []) };
}

describe('measureStaged', () => {
  it('counts the batches of all sources and finds the oldest', async () => {
    const log = logOf(
      chain('a', [link(30), link(40)]),
      chain('b', [link(20)]),
      chain('file:c', [link(1)]),
    );
    expect(await measureStaged(log, 'market')).toEqual({
      domain: 'market',
      batches: 3,
      oldestStagedAtMs: 20,
    });
  });

  it('finds nothing where all is committed', async () => {
    const nothing = { batches: 0, oldestStagedAtMs: null };
    expect(await measureStaged(logOf(chain('a', [])), 'market')).toMatchObject(nothing);
    expect(await measureStaged(logOf(chain('a', [link(1)])), 'city')).toMatchObject(nothing);
  });
});
