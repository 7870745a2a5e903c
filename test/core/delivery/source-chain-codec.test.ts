import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendLink, seedChain } from '#core/delivery/chain-changes.ts';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import { decodeSourceChain, encodeSourceChain } from '#core/delivery/source-chain-codec.ts';
import { at, newLink } from './chains.ts';

const CHAIN = appendLink(seedChain('kinesis:s/shardId-0', new Map()), newLink(7, ['d.trade']));

describe('the document of a chain', () => {
  it('has a fixed form: other versions of the code read it', () => {
    expect(encodeSourceChain(CHAIN)).toBe(
      `{"format":1,"source":"kinesis:s/shardId-0","version":1,"position":["${at(7).sequence}",0],` +
        `"tables":{"d.trade":{"position":["${at(7).sequence}",0],"maxEventTime":"70"}},` +
        `"links":[{"prev":null,"last":["${at(7).sequence}",0],"tables":{"d.trade":null},` +
        `"uri":"s3://lake/staged/7.json","sha256":"${'07'.repeat(32)}","stagedAt":1007}]}`,
    );
  });

  it('reads back what was written', () => {
    const ends = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 9 });
    const tables = fc.subarray(['d.rejected', 'd.trade', 'd.__proto__', 'd.constructor']);
    fc.assert(
      fc.property(ends, tables, fc.bigInt(), (all, touched, arrival) => {
        let chain: SourceChain = seedChain('kafka:t/0', new Map());
        for (const end of all.toSorted((a, b) => a - b)) {
          chain = appendLink(chain, newLink(end, touched, arrival < 0n ? undefined : arrival));
        }
        fc.pre(chain.version > 0);
        expect(decodeSourceChain(encodeSourceChain(chain), 'x')).toEqual(chain);
      }),
    );
  });

  const text = encodeSourceChain(CHAIN);
  it.each([
    ['no JSON', '{', /log, item 3: expected JSON, got 1 characters/],
    ['another format', text.replace('"format":1', '"format":2'), /format/],
    ['an unknown field', text.replace('"format":1', '"format":1,"more":1'), /more/],
    ['a version that no chain has', text.replace('"version":1', '"version":0'), /version/],
    [
      'a short sequence',
      text.replace(`"position":["${at(7).sequence}"`, '"position":["7"'),
      /position/,
    ],
    ['a broken hash', text.replace('0707', '07x7'), /sha256/],
    [
      'an end before its links',
      text.replace(`"position":["${at(7).sequence}"`, `"position":["${at(6).sequence}"`),
      /position: expected it at or after/,
    ],
    [
      'a link that ends where it begins',
      text.replace('"prev":null', `"prev":["${at(7).sequence}",0]`),
      /links\[0\]: expected last after prev/,
    ],
  ])('is refused with %s', (_, broken, problem) => {
    expect(() => decodeSourceChain(broken, 'log, item 3')).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT', message: expect.stringMatching(problem) }),
    );
  });

  it('is refused with links out of order', () => {
    const chain = appendLink(CHAIN, newLink(9, ['d.trade']));
    const turned = { ...chain, links: chain.links.toReversed() };
    expect(() => decodeSourceChain(encodeSourceChain(turned), 'x')).toThrow(/links\[1\]/);
  });
});
