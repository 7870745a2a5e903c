import { describe, expect, it } from 'vitest';
import { integerProperty, setProperties } from '#core/iceberg/transaction/set-properties.ts';
import { tradesMetadata } from '../trades-table.ts';

describe('setProperties', () => {
  it('adds and replaces, and keeps the rest', () => {
    const metadata = tradesMetadata({ properties: { a: '1', b: '2' } });
    expect(setProperties(metadata, { b: '3', c: '4' }).properties).toEqual({
      a: '1',
      b: '3',
      c: '4',
    });
  });

  it('refuses a name that engines derive themselves', () => {
    expect(() => setProperties(tradesMetadata(), { 'snapshot-count': '1' })).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID' }),
    );
  });
});

describe('integerProperty', () => {
  it.each([
    ['12', 12],
    ['0', 100],
    ['-5', 100],
    ['many', 100],
    ['1.5', 100],
    [undefined, 100],
  ])('reads %s as %i', (value, expected) => {
    const properties: Record<string, string> = value === undefined ? {} : { limit: value };
    const metadata = tradesMetadata({ properties });
    expect(integerProperty(metadata, 'limit', { default: 100, min: 1 })).toBe(expected);
  });
});
