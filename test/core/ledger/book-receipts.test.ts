import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bookReceipts, MAX_PRODUCERS, type ProducerTotal } from '#core/ledger/book-receipts.ts';
import type { ReceiptCursor } from '#core/ledger/ledger-cursor.ts';
import { HOUR_10 } from './table-history.ts';

const BOOKING = { stream: 'trade', hour: HOUR_10 };

function book(receipts: Readonly<Record<string, number>>, before: ReceiptCursor | null) {
  const totals = Object.entries(receipts).map(([producer, events]) => ({ producer, events }));
  const { entries, next } = bookReceipts(totals, before, BOOKING);
  const grown = entries.map(({ source, counts }) => `${source} ${counts.acknowledged}`);
  return { entries, grown, next };
}

describe('bookReceipts', () => {
  it('books what every producer had acknowledged since last time', () => {
    const first = book({ 'demo-1': 5, 'demo-2': 0 }, null);
    expect(first.entries).toMatchObject([
      {
        stream: 'trade',
        source: 'producer:demo-1',
        hour: HOUR_10,
        kind: 'receipt',
        counts: { acknowledged: 5, received: 0 },
        evidence: { kind: 'receipt', producer: 'demo-1', total: 5 },
      },
    ]);
    const second = book({ 'demo-1': 7, 'demo-2': 1, 'demo-3': 2 }, first.next);
    expect(second.grown).toEqual(['producer:demo-1 2', 'producer:demo-2 1', 'producer:demo-3 2']);
    expect(book({ 'demo-1': 7, 'demo-2': 1, 'demo-3': 2 }, second.next).grown).toEqual([]);
  });

  it('forgets the producers silent longest beyond a number, and keeps the sum exact', () => {
    const many = Object.fromEntries(
      Array.from({ length: MAX_PRODUCERS + 20 }, (_, index) => [`p${index}`, 1]),
    );
    const first = book(many, null);
    expect(first.entries).toHaveLength(MAX_PRODUCERS + 20);
    expect(first.next.producers.size).toBe(MAX_PRODUCERS);
    const second = book({ ...many, p0: 4, [`p${MAX_PRODUCERS + 5}`]: 3, fresh: 10 }, first.next);
    expect(second.grown).toEqual(['producer:p0 3', 'producer:* 12']);
  });

  it('books every acknowledged event once, whatever producers come and grow', () => {
    const growth = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 9 })),
    );
    fc.assert(
      fc.property(fc.array(growth, { maxLength: 6 }), (runs) => {
        const totals = new Map<string, number>();
        let cursor: ReceiptCursor | null = null;
        let booked = 0;
        for (const run of runs) {
          for (const [producer, events] of run) {
            totals.set(`p${producer}`, (totals.get(`p${producer}`) ?? 0) + events);
          }
          const receipts: ProducerTotal[] = [...totals].map(([producer, events]) => ({
            producer,
            events,
          }));
          const { entries, next } = bookReceipts(receipts, cursor, BOOKING);
          booked += entries.reduce((sum, { counts }) => sum + counts.acknowledged, 0);
          cursor = next;
          expect(next.producers.size).toBeLessThanOrEqual(MAX_PRODUCERS);
          expect(booked).toBe([...totals.values()].reduce((sum, events) => sum + events, 0));
        }
      }),
      { numRuns: 50 },
    );
  });
});
