import { describe, expect, it } from 'vitest';
import { checkTable } from '#core/iceberg/check/check-table.ts';
import type { SortField } from '#core/iceberg/spec/sort-order.ts';
import { replaceSortOrder } from '#core/iceberg/transaction/replace-sort-order.ts';
import { tradesMetadata } from '../trades-table.ts';

const TABLE = tradesMetadata();
const by = (sourceId: number, transform = 'identity'): SortField => ({
  transform,
  'source-id': sourceId,
  direction: 'asc',
  'null-order': 'nulls-first',
});

describe('replaceSortOrder', () => {
  it('adds an order under the next id and makes it the default', async () => {
    const sorted = replaceSortOrder(TABLE, [by(3), by(2, 'day')]);
    expect(sorted['sort-orders']).toEqual([
      { 'order-id': 0, fields: [] },
      { 'order-id': 1, fields: [by(3), by(2, 'day')] },
    ]);
    expect(sorted['default-sort-order-id']).toBe(1);
    const read = async (uri: string) => {
      throw new Error(uri);
    };
    expect(await checkTable({ read }, sorted)).toEqual([]);
  });

  it('takes an order the table has', () => {
    const first = replaceSortOrder(TABLE, [by(3)]);
    const second = replaceSortOrder(first, [by(2)]);
    const back = replaceSortOrder(second, [by(3)]);
    expect(back['sort-orders']).toHaveLength(3);
    expect(back['default-sort-order-id']).toBe(1);
    expect(replaceSortOrder(back, [by(3)])).toBe(back);
  });

  it('goes back to no order', () => {
    const sorted = replaceSortOrder(TABLE, [by(3)]);
    expect(replaceSortOrder(sorted, [])['default-sort-order-id']).toBe(0);
    expect(replaceSortOrder(TABLE, [])).toBe(TABLE);
    const onlySorted = { ...sorted, 'sort-orders': sorted['sort-orders'].slice(1) };
    expect(replaceSortOrder(onlySorted, [])['sort-orders'].map((o) => o['order-id'])).toEqual([
      1, 0,
    ]);
  });

  it.each([
    [by(99), 'column 99'],
    [by(4, 'day'), 'does not take'],
    [by(4, 'zorder'), 'zorder'],
  ])('refuses %j', (field, rule) => {
    expect(() => replaceSortOrder(TABLE, [field])).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_INCOMPATIBLE',
        message: expect.stringContaining(rule),
      }),
    );
  });
});
