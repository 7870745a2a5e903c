import { describe, expect, it } from 'vitest';
import { satisfiesType, typeText } from '#core/config/category.ts';
import type { Field, FieldType } from '#core/schema/field.ts';

const money = (currency: string): FieldType => ({ kind: 'money', currency });
const decimal = (precision: number, scale: number): FieldType => ({
  kind: 'decimal',
  precision,
  scale,
});
const symbols = (...names: readonly string[]): FieldType => ({ kind: 'enum', symbols: names });
const record = (...fields: readonly Field[]): FieldType => ({ kind: 'record', fields });
const field = (name: string, type: FieldType, optional = false): Field => ({
  name,
  type,
  optional,
  aliases: [],
  examples: [],
  allowNan: false,
});
const STRING: FieldType = { kind: 'string' };
const INT: FieldType = { kind: 'int' };
const LONG: FieldType = { kind: 'long' };
const DOUBLE: FieldType = { kind: 'double' };

describe('satisfiesType', () => {
  it.each<[FieldType, FieldType, boolean]>([
    [STRING, STRING, true],
    [symbols('a'), STRING, true],
    [STRING, symbols('a'), false],
    [INT, LONG, true],
    [LONG, INT, false],
    [INT, DOUBLE, true],
    [LONG, DOUBLE, false],
    [{ kind: 'float' }, DOUBLE, true],
    [decimal(18, 4), DOUBLE, true],
    [{ kind: 'timestamp_millis' }, { kind: 'timestamp_micros' }, true],
    [{ kind: 'timestamp_micros' }, { kind: 'timestamp_millis' }, false],
    [money('USD'), money(''), true],
    [money('USD'), money('USD'), true],
    [money('USD'), money('EUR'), false],
    [LONG, money(''), false],
    [symbols('bid'), symbols('bid', 'ask'), true],
    [symbols('bid', 'mid'), symbols('bid', 'ask'), false],
    [decimal(9, 2), decimal(10, 2), true],
    [decimal(9, 2), decimal(9, 3), false],
    [{ kind: 'list', element: INT }, { kind: 'list', element: LONG }, true],
    [{ kind: 'map', value: LONG }, { kind: 'map', value: INT }, false],
    [record(field('a', INT), field('b', STRING)), record(field('a', LONG)), true],
    [record(field('a', INT, true)), record(field('a', INT)), false],
    [record(field('a', INT, true)), record(field('a', INT, true)), true],
    [record(field('b', INT)), record(field('a', INT)), false],
  ])('%j in place of %j: %s', (actual, required, allowed) => {
    expect(satisfiesType(actual, required)).toBe(allowed);
  });
});

describe('typeText', () => {
  it('names types as the user writes them', () => {
    const types = [decimal(9, 2), money('USD'), money(''), symbols('a', 'b')];
    expect(types.map(typeText)).toEqual(['decimal(9,2)', 'money (USD)', 'money', 'enum (a, b)']);
    expect(typeText({ kind: 'list', element: { kind: 'map', value: INT } })).toBe(
      'list of map of int',
    );
  });
});
