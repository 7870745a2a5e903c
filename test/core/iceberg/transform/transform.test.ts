import { describe, expect, it } from 'vitest';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import {
  parseTransform,
  requireResultType,
  transformResultType,
  transformText,
} from '#core/iceberg/transform/transform.ts';

describe('parseTransform', () => {
  it.each(['identity', 'year', 'month', 'day', 'hour', 'void', 'bucket[16]', 'truncate[4]'])(
    'reads %s and spells it the same',
    (text) => {
      const transform = parseTransform(text);
      expect(transform.kind).not.toBe('unknown');
      expect(transformText(transform)).toBe(text);
    },
  );

  it.each(['days', 'bucket', 'bucket[0]', 'bucket[-1]', 'truncate[4294967296]', 'zorder(a,b)', ''])(
    'keeps %j as unknown',
    (text) => {
      expect(parseTransform(text)).toEqual({ kind: 'unknown', text });
    },
  );
});

describe('transformResultType', () => {
  it.each<[string, PrimitiveType, PrimitiveType | null]>([
    ['identity', 'decimal(9, 2)', 'decimal(9, 2)'],
    ['year', 'timestamp', 'int'],
    ['month', 'date', 'int'],
    ['day', 'timestamp', 'date'],
    ['hour', 'timestamp', 'int'],
    ['hour', 'date', null],
    ['bucket[4]', 'string', 'int'],
    ['bucket[4]', 'double', null],
    ['bucket[4]', 'boolean', null],
    ['truncate[4]', 'decimal(9, 2)', 'decimal(9, 2)'],
    ['truncate[4]', 'date', null],
    ['void', 'string', 'string'],
    ['zorder', 'string', null],
  ])('of %s over %s is %s', (text, source, result) => {
    expect(transformResultType(parseTransform(text), source)).toBe(result);
  });

  it('is null for nested columns', () => {
    const struct = { type: 'struct', fields: [] } as const;
    expect(transformResultType(parseTransform('identity'), struct)).toBeNull();
  });

  it('is required of writers', () => {
    expect(() => requireResultType(parseTransform('hour'), 'string')).toThrow(
      'partition transform hour does not take a column of type string',
    );
  });
});
