import { describe, expect, it } from 'vitest';
import { partitionEnds } from '#core/iceberg/maintenance/partition-end.ts';

const SCHEMA = {
  fields: [
    { id: 1, name: 'ts', required: true, type: 'timestamp' },
    { id: 2, name: 'symbol', required: true, type: 'string' },
  ],
} as const;

function endOf(transform: string, value: number | null): string | null {
  const spec = {
    'spec-id': 0,
    fields: [
      { 'source-id': 2, 'field-id': 1000, name: 's', transform: 'bucket[4]' },
      { 'source-id': 1, 'field-id': 1001, name: 't', transform },
    ],
  };
  const [end] = partitionEnds(spec, SCHEMA, [3, value]);
  return end === undefined ? null : new Date(Number(end.endMicros / 1000n)).toISOString();
}

describe('partitionEnds', () => {
  it.each([
    ['hour', 0, '1970-01-01T01:00:00.000Z'],
    ['day', 20_777, '2026-11-21T00:00:00.000Z'],
    ['month', 11, '1971-01-01T00:00:00.000Z'],
    ['month', -1, '1970-01-01T00:00:00.000Z'],
    ['year', 56, '2027-01-01T00:00:00.000Z'],
    ['hour', -1, '1970-01-01T00:00:00.000Z'],
  ])('of %s %i is %s', (transform, value, expected) => {
    expect(endOf(transform, value)).toBe(expected);
  });

  it('is none of null, nor of other transforms', () => {
    expect(endOf('day', null)).toBeNull();
    expect(endOf('identity', 5)).toBeNull();
  });
});
