import { describe, expect, it } from 'vitest';
import { typeExpression } from '#core/expression/check-expression.ts';
import { compileTyped } from '#core/expression/compile-expression.ts';
import { convert } from '#core/expression/convert-type.ts';
import { decimal, LONG, STRING, TIMESTAMP } from '#core/expression/expression-type.ts';
import { assignmentProblem } from '#core/expression/field-assignment.ts';
import type { Field, FieldType, Row } from '#core/schema/field.ts';

const field = (name: string, type: FieldType): Field => ({
  name,
  type,
  optional: true,
  aliases: [],
  examples: [],
  allowNan: false,
});
const SIDE: FieldType = { kind: 'enum', symbols: ['BUY', 'SELL'] };
const MONEY: FieldType = { kind: 'money', currency: 'USD' };
const FIELDS = [
  field('s', { kind: 'string' }),
  field('a', { kind: 'long' }),
  field('m', { kind: 'decimal', precision: 10, scale: 3 }),
  field('ts', { kind: 'timestamp_micros' }),
  field('fee', MONEY),
];

/** The value a column of the type stores for an expression. */
function store(text: string, type: FieldType, row: Row) {
  return compileTyped(convert(typeExpression(text, FIELDS), type), text)(row);
}

describe('assignmentProblem', () => {
  it('accepts results that have or widen to the type of the column', () => {
    expect(assignmentProblem(STRING, field('side', SIDE))).toBeNull();
    expect(assignmentProblem(TIMESTAMP, field('t', { kind: 'timestamp_millis' }))).toBeNull();
    expect(assignmentProblem(decimal(19, 2), field('fee', MONEY))).toBeNull();
    expect(assignmentProblem(LONG, field('x', { kind: 'double' }))).toBeNull();
  });

  it('names both types and the cast that is missing', () => {
    expect(assignmentProblem(LONG, field('n', { kind: 'int' }))).toBe(
      'gives long, but column n is int; use cast(… as int)',
    );
    expect(assignmentProblem(STRING, field('n', { kind: 'long' }))).not.toBeNull();
    expect(assignmentProblem(decimal(38, 2), field('fee', MONEY))).not.toBeNull();
  });
});

describe('columns of types that expressions do not have', () => {
  it('store symbols of their enum and reject others', () => {
    expect(store('upper(s)', SIDE, { s: 'buy' })).toBe('BUY');
    expect(() => store('s', SIDE, { s: 'buy' })).toThrowError(
      expect.objectContaining({ code: 'EXPRESSION_FAILED' }),
    );
  });

  it('store whole milliseconds and reject microseconds', () => {
    const millis: FieldType = { kind: 'timestamp_millis' };
    expect(store("date_trunc('second', ts)", millis, { ts: 1_000_005n })).toBe(1_000_000n);
    expect(() => store('ts', millis, { ts: 1_000_005n })).toThrowError(
      expect.objectContaining({ code: 'EXPRESSION_FAILED' }),
    );
  });

  it('store money of any scale as cents and reject fractions of a cent', () => {
    expect(store('m', MONEY, { m: 12_340n })).toBe(1_234n);
    expect(store('fee', MONEY, { fee_cents: 5n })).toBe(5n);
    expect(store('a', MONEY, { a: 3n })).toBe(300n);
    expect(() => store('m', MONEY, { m: 12_345n })).toThrowError(
      expect.objectContaining({ code: 'EXPRESSION_FAILED' }),
    );
  });

  it('widen numbers to the column', () => {
    expect(store('a', { kind: 'double' }, { a: 3n })).toBe(3);
    expect(store('null', SIDE, {})).toBeNull();
  });

  it('are refused at compile time when there is no conversion', () => {
    expect(() => store('a', { kind: 'list', element: { kind: 'string' } }, { a: 1n })).toThrowError(
      expect.objectContaining({ code: 'EXPRESSION_INVALID' }),
    );
  });
});
