import { describe, expect, it } from 'vitest';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import type { SingleValue } from '#core/iceberg/spec/single-value.ts';
import { parseTransform } from '#core/iceberg/transform/transform.ts';
import { columnText, transformedText } from '#embedded/athena/metadata-tables/human-text.ts';

const SECOND = 1_000_000n;

describe('columnText', () => {
  it.each<[PrimitiveType, SingleValue, string]>([
    ['string', 'a, b', 'a, b'],
    ['boolean', true, 'true'],
    ['long', -5n, '-5'],
    ['double', 1.3, '1.3'],
    ['double', 1e10, '1.0E10'],
    ['float', 0.1, '0.1'],
    ['binary', Uint8Array.of(1, 255), 'Af8='],
    ['date', 18639, '2021-01-12'],
    ['date', -719529, '-0001-12-31'],
    ['date', 2932897, '+10000-01-01'],
    // java.time.LocalDateTime.toString
    ['timestamp', 0n, '1970-01-01T00:00'],
    ['timestamp', 59n * SECOND, '1970-01-01T00:00:59'],
    ['timestamp', 60n * SECOND + 120_000n, '1970-01-01T00:01:00.120'],
    ['timestamp', -1n, '1969-12-31T23:59:59.999999'],
    // java.math.BigDecimal.toString
    ['decimal(10, 2)', -5n, '-0.05'],
    ['decimal(10, 0)', 12n, '12'],
    ['decimal(12, 8)', 100n, '0.00000100'],
    ['decimal(12, 8)', 99n, '9.9E-7'],
    ['decimal(12, 8)', 0n, '0E-8'],
  ])('writes %s %s as %s', (type, value, text) => {
    expect(columnText(type, value)).toBe(text);
  });
});

describe('transformedText', () => {
  it.each<[string, PrimitiveType, SingleValue | null, string]>([
    ['hour', 'timestamp', 498_810, '2026-11-26-18'],
    ['day', 'timestamp', 18639, '2021-01-12'],
    ['month', 'date', -1, '1969-12'],
    ['year', 'date', 56, '2026'],
    ['bucket[16]', 'string', 7, '7'],
    ['truncate[3]', 'string', 'abc', 'abc'],
    ['identity', 'timestamp', 60n * SECOND, '1970-01-01T00:01'],
    ['identity', 'string', null, 'null'],
  ])('writes %s of %s as people read it', (transform, type, value, text) => {
    expect(transformedText(parseTransform(transform), type, value)).toBe(text);
  });
});
