import { describe, expect, it } from 'vitest';
import { type DefaultInput, readDefault } from '#core/config/resolve/field-default.ts';
import type { FieldType, Value } from '#core/schema/field.ts';

const DECIMAL: FieldType = { kind: 'decimal', precision: 5, scale: 2 };
const MONEY: FieldType = { kind: 'money', currency: 'USD' };
const ENUM: FieldType = { kind: 'enum', symbols: ['bid', 'ask'] };

describe('readDefault', () => {
  it.each<[FieldType, DefaultInput, Value]>([
    [{ kind: 'string' }, '', ''],
    [{ kind: 'boolean' }, false, false],
    [ENUM, 'ask', 'ask'],
    [{ kind: 'int' }, -(2 ** 31), -2_147_483_648],
    [{ kind: 'long' }, 9_007_199_254_740_991, 9_007_199_254_740_991n],
    [{ kind: 'float' }, 0.1, 0.1],
    [{ kind: 'double' }, 1e300, 1e300],
    [DECIMAL, '1.5', 150n],
    [DECIMAL, -0.05, -5n],
    [DECIMAL, 999.99, 99_999n],
    [MONEY, '19.99', 1_999n],
    [MONEY, 20, 2_000n],
    [{ kind: 'date' }, '1970-01-02', 1],
    [{ kind: 'date' }, '1969-12-31', -1],
    [{ kind: 'timestamp_micros' }, '1970-01-01T00:00:01.000001Z', 1_000_001n],
    [{ kind: 'timestamp_millis' }, '1969-12-31T23:59:59.999Z', -1_000n],
  ])('reads a default of %j: %j', (type, input, value) => {
    expect(readDefault(type, input)).toEqual({ ok: true, value });
  });

  it.each<[FieldType, DefaultInput]>([
    [{ kind: 'string' }, 1],
    [{ kind: 'boolean' }, 'true'],
    [ENUM, 'mid'],
    [{ kind: 'int' }, 2 ** 31],
    [{ kind: 'int' }, '1'],
    [{ kind: 'long' }, 2 ** 53],
    [{ kind: 'float' }, 1e39],
    [DECIMAL, '1.234'],
    [DECIMAL, '1000'],
    [DECIMAL, '1e2'],
    [MONEY, '0.001'],
    [MONEY, true],
    [{ kind: 'date' }, '2026-02-30'],
    [{ kind: 'date' }, '2026-1-1'],
    [{ kind: 'timestamp_micros' }, '2026-01-01T00:00:00'],
    [{ kind: 'timestamp_micros' }, '2026-01-01T25:00:00Z'],
    [{ kind: 'timestamp_millis' }, '2026-01-01T00:00:00.0001Z'],
    [{ kind: 'bytes' }, 'x'],
    [{ kind: 'list', element: { kind: 'int' } }, 'x'],
  ])('refuses a default of %j: %j', (type, input) => {
    expect(readDefault(type, input).ok).toBe(false);
  });
});
