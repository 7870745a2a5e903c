import { describe, expect, it } from 'vitest';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import type { SingleValue } from '#core/iceberg/spec/single-value.ts';
import { partitionPath } from '#core/iceberg/transform/partition-path.ts';
import { SCHEMA, SPEC, UNPARTITIONED } from '../trades-table.ts';

/** The path of a partition with one field. */
function pathOf(type: PrimitiveType, transform: string, value: SingleValue | null): string {
  const schema = { fields: [{ id: 1, name: 'c', required: false, type }] };
  const spec: PartitionSpec = {
    'spec-id': 0,
    fields: [{ 'source-id': 1, 'field-id': 1000, name: 'p', transform }],
  };
  return partitionPath(spec, schema, [value]);
}

describe('partitionPath', () => {
  it('has one segment per field', () => {
    expect(partitionPath(SPEC, SCHEMA, [498666, 3])).toBe('ts_hour=2026-11-20-18/symbol_bucket=3');
  });

  it('is empty for an unpartitioned table', () => {
    expect(partitionPath(UNPARTITIONED, SCHEMA, [])).toBe('');
  });

  it.each<[PrimitiveType, string, SingleValue | null, string]>([
    ['timestamp', 'year', 47, '2017'],
    ['timestamp', 'month', 574, '2017-11'],
    ['timestamp', 'month', -1, '1969-12'],
    ['timestamp', 'day', 17486, '2017-11-16'],
    ['timestamp', 'hour', 419686, '2017-11-16-22'],
    ['timestamp', 'hour', -1, '1969-12-31-23'],
    ['timestamp', 'hour', null, 'null'],
    ['timestamp', 'identity', 1510871468000001n, '2017-11-16T22%3A31%3A08.000001'],
    ['timestamp', 'identity', -1n, '1969-12-31T23%3A59%3A59.999999'],
    ['timestamp', 'year', 10_000 - 1970, '%2B010000'],
    ['date', 'identity', 0, '1970-01-01'],
    ['string', 'identity', 'A&B/C D=é', 'A%26B%2FC%20D%3D%C3%A9'],
    ['string', 'identity', "(it's)*~!", '%28it%27s%29%2A%7E%21'],
    ['string', 'identity', '\ud800', '%EF%BF%BD'],
    ['string', 'bucket[4]', 2, '2'],
    ['binary', 'identity', Uint8Array.of(255, 0), '%2FwA%3D'],
    ['decimal(9, 2)', 'identity', -5n, '-0.05'],
    ['decimal(9, 2)', 'truncate[50]', 1050n, '10.50'],
    ['decimal(9, 0)', 'identity', 12n, '12'],
    ['boolean', 'identity', true, 'true'],
  ])('shows %s by %s, value %s, as %s', (type, transform, value, expected) => {
    expect(pathOf(type, transform, value)).toBe(`p=${expected}`);
  });

  it('stays short whatever the value, and splits no character', () => {
    expect(pathOf('string', 'identity', '😀'.repeat(5000))).toBe(`p=${'%F0%9F%98%80'.repeat(32)}`);
  });
});
