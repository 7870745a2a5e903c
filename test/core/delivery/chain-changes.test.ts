import { describe, expect, it } from 'vitest';
import {
  appendLink,
  dropLinks,
  isStaged,
  mayRepeat,
  resetChain,
  seedChain,
} from '#core/delivery/chain-changes.ts';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import { at, newLink, stateAt } from './chains.ts';

const EMPTY = seedChain('s', new Map());
const TRADE = 'd.trade';
const REJECTED = 'd.rejected';

function chainOf(...links: readonly (readonly [number, readonly string[]])[]): SourceChain {
  return links.reduce((chain, [end, tables]) => appendLink(chain, newLink(end, tables)), EMPTY);
}

describe('a chain', () => {
  it('notes for every table where its previous link ended', () => {
    const chain = chainOf([5, [TRADE]], [7, [REJECTED]], [9, [TRADE, REJECTED]]);
    expect(chain).toMatchObject({ version: 3, position: at(9) });
    expect(chain.links.map(({ prev, last }) => [prev, last])).toEqual([
      [null, at(5)],
      [at(5), at(7)],
      [at(7), at(9)],
    ]);
    expect(chain.links[2]?.tables).toEqual(
      new Map([
        [TRADE, at(5)],
        [REJECTED, at(7)],
      ]),
    );
    expect(chain.tables.get(TRADE)).toEqual({ position: at(9), maxEventTimeMicros: 90n });
  });

  it('begins where the tables are', () => {
    const seeded = seedChain('s', new Map([[TRADE, stateAt(5)]]));
    expect(seeded).toMatchObject({ version: 0, position: null, links: [] });
    const { links } = appendLink(seeded, newLink(8, [TRADE, REJECTED]));
    expect(links[0]?.tables).toEqual(
      new Map([
        [TRADE, at(5)],
        [REJECTED, null],
      ]),
    );
  });

  it('never moves the position of a table back', () => {
    const seeded = seedChain('s', new Map([[REJECTED, stateAt(9)]]));
    const chain = appendLink(seeded, newLink(6, [REJECTED]));
    expect([chain.position, chain.tables.get(REJECTED)?.position]).toEqual([at(6), at(9)]);
  });

  it('keeps its position when links leave it', () => {
    const chain = chainOf([5, [TRADE]], [7, [TRADE]]);
    const left = dropLinks(chain, ({ last }) => last.sequence === at(5).sequence);
    expect(left).toEqual({ ...chain, version: 3, links: chain.links.slice(1) });
    expect(dropLinks(chain, () => false)).toBeNull();
  });

  it('is reset to where the tables are, in a version of its own', () => {
    const reset = resetChain(chainOf([5, [TRADE]]), new Map([[TRADE, stateAt(2)]]));
    expect(reset).toMatchObject({ version: 2, position: null, links: [] });
    expect(reset.tables.get(TRADE)?.position).toEqual(at(2));
  });
});

describe('an event', () => {
  const event = { position: at(6) };

  it.each([
    ['at or before the chain', chainOf([6, [REJECTED]]), true],
    ['after the chain', chainOf([5, [TRADE]]), false],
    [
      'at or before its table, where the chain has begun anew',
      seedChain('s', new Map([[TRADE, stateAt(6)]])),
      true,
    ],
    ['at or before another table', seedChain('s', new Map([[REJECTED, stateAt(9)]])), false],
  ])('%s: decided %s', (_, chain, expected) => {
    expect(isStaged(chain, event, TRADE)).toBe(expected);
  });
});

describe('rows that may be in a table whatever its position is', () => {
  it('are those of a link behind a chain that began anew, and of no other', () => {
    const seeded = seedChain('s', new Map([[REJECTED, stateAt(9)]]));
    const first = appendLink(seeded, newLink(6, [REJECTED]));
    const second = appendLink(first, newLink(8, [REJECTED]));
    const third = appendLink(second, newLink(12, [REJECTED]));
    const fourth = appendLink(third, newLink(14, [REJECTED]));
    expect(fourth.links.map((link) => mayRepeat(link, REJECTED))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(chainOf([5, [TRADE]], [7, [TRADE]]).links.some((l) => mayRepeat(l, TRADE))).toBe(false);
  });
});
