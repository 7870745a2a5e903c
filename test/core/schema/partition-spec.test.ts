import { describe, expect, it } from 'vitest';
import type { PartitionTerm } from '#core/config/project.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import { partitionTermText, toPartitionSpec } from '#core/schema/partition-spec.ts';

const FIELDS: readonly NestedField[] = [
  { id: 1, name: 'symbol', required: true, type: 'string' },
  { id: 2, name: 'ts', required: true, type: 'timestamp' },
];

const TERMS: readonly (readonly [PartitionTerm, string, string, string])[] = [
  [{ transform: 'hour', parameter: null, column: 'ts' }, 'hour(ts)', 'ts_hour', 'hour'],
  [{ transform: 'day', parameter: null, column: 'ts' }, 'day(ts)', 'ts_day', 'day'],
  [{ transform: 'month', parameter: null, column: 'ts' }, 'month(ts)', 'ts_month', 'month'],
  [{ transform: 'year', parameter: null, column: 'ts' }, 'year(ts)', 'ts_year', 'year'],
  [
    { transform: 'bucket', parameter: 16, column: 'symbol' },
    'bucket(16, symbol)',
    'symbol_bucket',
    'bucket[16]',
  ],
  [
    { transform: 'truncate', parameter: 4, column: 'symbol' },
    'truncate(4, symbol)',
    'symbol_trunc',
    'truncate[4]',
  ],
  [{ transform: 'identity', parameter: null, column: 'symbol' }, 'symbol', 'symbol', 'identity'],
];

describe('toPartitionSpec', () => {
  it.each(TERMS)('turns %j into an Iceberg partition field', (term, text, name, transform) => {
    const sourceId = term.column === 'ts' ? 2 : 1;
    expect(toPartitionSpec([term], { fields: FIELDS })).toEqual({
      'spec-id': 0,
      fields: [{ 'source-id': sourceId, 'field-id': 1000, name, transform }],
    });
    expect(partitionTermText(term)).toBe(text);
  });

  it('numbers partition fields from 1000 in the order of the terms', () => {
    const spec = toPartitionSpec(
      TERMS.map(([term]) => term),
      { fields: FIELDS },
    );
    expect(spec.fields.map((field) => field['field-id'])).toEqual([
      1000, 1001, 1002, 1003, 1004, 1005, 1006,
    ]);
  });

  it('refuses a column that the schema does not have', () => {
    const term: PartitionTerm = { transform: 'day', parameter: null, column: 'nope' };
    expect(() => toPartitionSpec([term], { fields: FIELDS })).toThrow(
      'partition term day(nope): expected a column of the table at its creation, got "nope"',
    );
  });
});
