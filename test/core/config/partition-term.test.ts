import { describe, expect, it } from 'vitest';
import { parsePartitionTerm, transformTypeProblem } from '#core/config/partition-term.ts';
import type { PartitionTerm } from '#core/config/project.ts';

describe('parsePartitionTerm', () => {
  it.each<[string, PartitionTerm]>([
    ['hour(_ingested_at)', { transform: 'hour', parameter: null, column: '_ingested_at' }],
    [' day( ts ) ', { transform: 'day', parameter: null, column: 'ts' }],
    ['bucket(16, symbol)', { transform: 'bucket', parameter: 16, column: 'symbol' }],
    ['truncate( 4 ,symbol )', { transform: 'truncate', parameter: 4, column: 'symbol' }],
    ['identity(symbol)', { transform: 'identity', parameter: null, column: 'symbol' }],
    ['symbol', { transform: 'identity', parameter: null, column: 'symbol' }],
    ['day', { transform: 'identity', parameter: null, column: 'day' }],
  ])('reads %j', (text, term) => {
    expect(parsePartitionTerm(text)).toEqual({ ok: true, term });
  });

  it.each([
    '',
    'hour()',
    'hour(a, b)',
    'bucket(symbol)',
    'bucket(symbol, 16)',
    'bucket(0, symbol)',
    'bucket(-1, symbol)',
    'Hour(a)',
    'void(a)',
    'hour(a))',
    'a b',
    'bucket(99999999999, a)',
  ])('refuses %j', (text) => {
    expect(parsePartitionTerm(text).ok).toBe(false);
  });
});

describe('transformTypeProblem', () => {
  /** Iceberg v2 §Partition Transforms. */
  it.each([
    ['hour', 'timestamp_micros', true],
    ['hour', 'date', false],
    ['day', 'date', true],
    ['bucket', 'boolean', false],
    ['bucket', 'double', false],
    ['bucket', 'bytes', true],
    ['truncate', 'decimal', true],
    ['truncate', 'timestamp_micros', false],
    ['identity', 'boolean', true],
    ['identity', 'double', false],
  ] as const)('%s of %s: %s', (transform, kind, allowed) => {
    const type =
      kind === 'decimal' ? { kind, precision: 9, scale: 2 } : ({ kind } as { kind: typeof kind });
    expect(transformTypeProblem(transform, type as never) === null).toBe(allowed);
  });
});
