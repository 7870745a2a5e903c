import { describe, expect, it } from 'vitest';
import { selectLinks } from '#app/commit-staged/select-links.ts';
import { appendLink, seedChain } from '#core/delivery/chain-changes.ts';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import { at, newLink, stateAt } from '#test/core/delivery/chains.ts';

const TRADE = 'd.trade';

function chainOf(source: string, ...ends: readonly number[]): SourceChain {
  return ends.reduce(
    (chain, end) => appendLink(chain, newLink(end, [TRADE])),
    seedChain(source, new Map()),
  );
}

function select(
  chains: readonly SourceChain[],
  committed: Readonly<Record<string, number>>,
  options: { readonly maxLinks?: number; readonly isRejectedTable?: boolean } = {},
) {
  const states = new Map(Object.entries(committed).map(([source, end]) => [source, stateAt(end)]));
  const { links, isCut, waiting } = selectLinks(chains, states, {
    table: TRADE,
    isRejectedTable: options.isRejectedTable ?? false,
    maxLinks: options.maxLinks ?? 100,
    compared: new Set(),
  });
  const parts = links.map(({ source, link, part }) => [source, Number(link.last.sequence), part]);
  return { parts, isCut, waiting };
}

describe('the guard', () => {
  const chain = chainOf('s', 5, 9, 12);

  it.each([
    [
      'nothing',
      {},
      [
        [5, 'whole'],
        [9, 'whole'],
        [12, 'whole'],
      ],
    ],
    [
      'the first link',
      { s: 5 },
      [
        [9, 'whole'],
        [12, 'whole'],
      ],
    ],
    [
      'a part of a link',
      { s: 7 },
      [
        [9, 'cut'],
        [12, 'whole'],
      ],
    ],
    ['everything', { s: 12 }, []],
    ['more than everything', { s: 20 }, []],
  ])('takes what is new to a table that has %s', (_, committed, expected) => {
    expect(select([chain], committed)).toEqual({
      parts: expected.map(([end, part]) => ['s', end, part]),
      isCut: false,
      waiting: new Map(),
    });
  });

  it('lets a source wait at the link whose predecessor the table does not have', () => {
    const pruned = { ...chain, links: chain.links.slice(1) };
    const missing = { after: null, before: at(5) };
    expect(select([pruned], {})).toMatchObject({ parts: [], waiting: new Map([['s', missing]]) });
    const holed = { ...chain, links: [chain.links[0]!, chain.links[2]!] };
    expect(select([holed], {})).toMatchObject({
      parts: [['s', 5, 'whole']],
      waiting: new Map([['s', { after: at(5), before: at(9) }]]),
    });
  });

  it('passes over links that do not touch the table', () => {
    const mixed = [newLink(5, [TRADE]), newLink(7, ['d.quote']), newLink(9, [TRADE])].reduce(
      appendLink,
      seedChain('s', new Map()),
    );
    expect(select([mixed], { s: 5 }).parts).toEqual([['s', 9, 'whole']]);
  });

  it('lets sources take turns, each in its order', () => {
    const others = chainOf('t', 3, 4);
    expect(select([chain, others], {}, { maxLinks: 3 })).toMatchObject({
      parts: [
        ['s', 5, 'whole'],
        ['t', 3, 'whole'],
        ['s', 9, 'whole'],
      ],
      isCut: true,
    });
  });

  it('compares rows where the chain began behind the rejected table', () => {
    const seeded = seedChain('s', new Map([[TRADE, stateAt(10)]]));
    const behind = [newLink(6, [TRADE]), newLink(12, [TRADE])].reduce(appendLink, seeded);
    expect(select([behind], { s: 12 }).parts).toEqual([]);
    expect(select([behind], { s: 12 }, { isRejectedTable: true }).parts).toEqual([
      ['s', 6, 'compared'],
      ['s', 12, 'compared'],
    ]);
  });
});
