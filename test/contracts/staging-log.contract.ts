import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendLink, dropLinks, seedChain } from '#core/delivery/chain-changes.ts';
import { padSequence } from '#core/delivery/position.ts';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import type { StagingLog } from '#ports/staging-log.ts';

export interface StagingLogUnderTest {
  readonly log: StagingLog;
  readonly close?: () => Promise<void>;
}

const DOMAIN = 'market';
const SOURCE = 'kinesis:local-market/shardId-000000000000';
const TABLE = 'local_market_bronze.trade';

const at = (sequence: number) => ({ sequence: padSequence(String(sequence)), subSequence: 0 });

/** The chain with a link more that ends at a position. */
function linked(chain: SourceChain, end: number, name = ''): SourceChain {
  return appendLink(chain, {
    last: at(end),
    tables: new Map([
      [TABLE, { maxEventTimeMicros: 2n ** 62n + BigInt(end), maxArrivalMicros: 7n }],
      ['local_market_bronze.rejected', { maxEventTimeMicros: null }],
    ]),
    descriptor: { uri: `s3://lake/staged/${end}${name}.json`, sha256: 'ab'.repeat(32) },
    stagedAtMs: 1_000 + end,
  });
}

/** What every StagingLog keeps to; each adapter runs it. */
export function describeStagingLog(name: string, setup: () => Promise<StagingLogUnderTest>): void {
  describe(`staging log contract: ${name}`, () => {
    let tested: StagingLogUnderTest;
    beforeEach(async () => {
      tested = await setup();
    });
    afterEach(() => tested.close?.());

    const put = (chain: SourceChain, domain = DOMAIN) => tested.log.put(domain, chain);
    const read = (source = SOURCE) => tested.log.read(DOMAIN, source);
    const first = linked(seedChain(SOURCE, new Map()), 5);

    it('knows nothing of a source of which nothing was staged', async () => {
      expect(await read()).toBeNull();
      expect(await tested.log.list(DOMAIN)).toEqual([]);
    });

    it('gives back what was written, to the bit', async () => {
      expect(await put(first)).toBe(true);
      expect(await read()).toEqual(first);
      const second = linked(first, 9);
      expect(await put(second)).toBe(true);
      expect(await read()).toEqual(second);
      const emptied = dropLinks(second, () => true);
      expect(emptied !== null && (await put(emptied))).toBe(true);
      expect(await read()).toEqual(emptied);
    });

    it('lets one of two create a chain', async () => {
      expect(await put(first)).toBe(true);
      expect(await put(linked(seedChain(SOURCE, new Map()), 6))).toBe(false);
      expect(await read()).toEqual(first);
    });

    it('refuses a change that is based on another version', async () => {
      await put(first);
      await put(linked(first, 9));
      expect(await put(linked(first, 7))).toBe(false);
      expect(await put({ ...linked(first, 7), version: 4 })).toBe(false);
      expect((await read())?.position).toEqual(at(9));
    });

    it('refuses to change a chain that is not there', async () => {
      expect(await put(linked(first, 9))).toBe(false);
      expect(await read()).toBeNull();
    });

    it('lets exactly one of many at once be first', async () => {
      await put(first);
      const rivals = [6, 7, 8, 9, 10].map((end) => put(linked(first, end)));
      const won = await Promise.all(rivals);
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await read())?.position).toEqual(at(6 + won.indexOf(true)));
    });

    it('lists the chains of a domain, by source, and of no other', async () => {
      const sources = ['kafka:t/1', 'file:e/a b#1.csv@9', SOURCE];
      for (const source of sources) await put({ ...first, source });
      await put({ ...first, source: 'kinesis:other/s' }, 'city');
      const listed = await tested.log.list(DOMAIN);
      expect(listed.map(({ source }) => source)).toEqual(sources.toSorted());
      expect(listed).toContainEqual(first);
    });

    it('lists more than a page holds', async () => {
      const text = 'x'.repeat(20_000);
      const names = Array.from({ length: 60 }, (_, index) => `kinesis:s/${100 + index}`);
      await Promise.all(
        names.map((source) => put({ ...linked(first, 6, text), source, version: 1 })),
      );
      const listed = await tested.log.list(DOMAIN);
      expect(listed.map(({ source }) => source)).toEqual(names);
    });

    it('forgets a chain at its version only', async () => {
      await put(first);
      expect(await tested.log.remove(DOMAIN, linked(first, 9))).toBe(false);
      expect(await tested.log.remove(DOMAIN, first)).toBe(true);
      expect(await read()).toBeNull();
      expect(await put(first)).toBe(true);
    });

    it('refuses a chain that does not fit, and keeps the one before', async () => {
      await put(first);
      const long = linked(first, 9, 'x'.repeat(500_000));
      await expect(put(long)).rejects.toMatchObject({ code: 'CHAIN_TOO_LONG' });
      expect(await read()).toEqual(first);
    });
  });
}
