import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReceiptStore } from '#ports/receipt-store.ts';

export interface ReceiptStoreUnderTest {
  readonly store: ReceiptStore;
  readonly close?: () => Promise<void>;
}

/** What every ReceiptStore keeps to; each adapter runs it. */
export function describeReceiptStore(
  name: string,
  setup: () => Promise<ReceiptStoreUnderTest>,
  /** Producers whose receipts are more than the store gives out in one answer. */
  options: { readonly manyProducers?: number } = {},
): void {
  describe(`receipt store contract: ${name}`, () => {
    let tested: ReceiptStoreUnderTest;
    beforeEach(async () => {
      tested = await setup();
    });
    afterEach(() => tested.close?.());

    const record = (producer: string, events: number, stream = 'trade', domain = 'market') =>
      tested.store.record({ domain, stream, producer, events });
    const list = (stream = 'trade', domain = 'market') => tested.store.list(domain, stream);
    const total = async (stream = 'trade', domain = 'market') =>
      (await list(stream, domain)).reduce((sum, { events }) => sum + events, 0);

    it('knows of no event before the first receipt', async () => {
      expect(await list()).toEqual([]);
    });

    it('holds the latest total of a producer, not the sum of its totals', async () => {
      await record('demo-1', 100);
      expect(await total()).toBe(100);
      await record('demo-1', 250);
      expect(await total()).toBe(250);
    });

    it('takes a repeated receipt for what it is', async () => {
      await record('demo-1', 100);
      await record('demo-1', 100);
      expect(await total()).toBe(100);
    });

    it('never falls: a lower total changes nothing', async () => {
      await record('demo-1', 100);
      await record('demo-1', 99);
      await record('demo-1', 0);
      expect(await total()).toBe(100);
    });

    it('holds a producer that has sent nothing', async () => {
      await record('demo-1', 0);
      expect(await list()).toEqual([{ producer: 'demo-1', events: 0 }]);
    });

    it('lists the producers of a stream', async () => {
      await record('demo-1', 100);
      await record('demo-2', 20);
      await record('csv/sp500 ä.csv', 3);
      const byName = (await list()).toSorted((a, b) => a.events - b.events);
      expect(byName).toEqual([
        { producer: 'csv/sp500 ä.csv', events: 3 },
        { producer: 'demo-2', events: 20 },
        { producer: 'demo-1', events: 100 },
      ]);
    });

    it('lists every producer with its total', async () => {
      await record('demo-1', 100);
      await record('csv/sp500 ä.csv', 3);
      await record('demo-1', 101);
      await record('demo-1', 7, 'quote');
      const listed = await tested.store.list('market', 'trade');
      expect(listed.toSorted((a, b) => a.events - b.events)).toEqual([
        { producer: 'csv/sp500 ä.csv', events: 3 },
        { producer: 'demo-1', events: 101 },
      ]);
    });

    it('keeps streams and domains apart', async () => {
      await record('demo-1', 1);
      await record('demo-1', 20, 'trade_2');
      await record('demo-1', 300, 'quote');
      await record('demo-1', 4000, 'trade', 'city');
      expect([await total(), await total('trade_2'), await total('quote')]).toEqual([1, 20, 300]);
      expect([await total('trade', 'city'), await total('quote', 'city')]).toEqual([4000, 0]);
    });

    it('counts beyond 32 bits exactly', async () => {
      await record('demo-1', 2 ** 53 - 2);
      await record('demo-2', 1);
      expect(await total()).toBe(2 ** 53 - 1);
      await record('demo-1', 2 ** 53 - 3);
      expect(await total()).toBe(2 ** 53 - 1);
    });

    it('compares totals as numbers, not as text', async () => {
      await record('demo-1', 9);
      await record('demo-1', 10);
      expect(await total()).toBe(10);
      await record('demo-1', 9);
      expect(await total()).toBe(10);
    });

    it('ends with the highest of totals that arrive at once and in any order', async () => {
      const totals = Array.from({ length: 30 }, (_, index) => ((index * 7) % 30) + 1);
      await Promise.all(
        totals.flatMap((events) => [record('demo-1', events), record('demo-2', events * 10)]),
      );
      expect(await total()).toBe(30 + 300);
    });

    it('never shows a total below one that was acknowledged before', async () => {
      const seen: number[] = [];
      let acknowledged = 0;
      const watch = async () => {
        while (acknowledged < 40) {
          const before = acknowledged;
          seen.push((await total()) - before);
        }
      };
      const write = async () => {
        for (let events = 1; events <= 40; events++) {
          await record('demo-1', events);
          acknowledged = events;
        }
      };
      await Promise.all([write(), watch()]);
      expect(seen.every((ahead) => ahead >= 0)).toBe(true);
    });

    it('lists more producers than one answer holds, each once', async () => {
      const count = options.manyProducers ?? 50;
      // Names as long as a sort key may be, so that few fill an answer.
      const producers = Array.from({ length: count }, (_, index) => `${index}-`.padEnd(1000, 'p'));
      for (let at = 0; at < count; at += 50) {
        await Promise.all(producers.slice(at, at + 50).map((producer) => record(producer, 2)));
      }
      const listed = await list();
      expect(listed.map(({ producer }) => producer).sort()).toEqual(producers.toSorted());
      expect(await total()).toBe(count * 2);
    });
  });
}
