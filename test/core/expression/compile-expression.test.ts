import { describe, expect, it } from 'vitest';
import { SluiceError } from '#core/errors.ts';
import { compileExpression } from '#core/expression/compile-expression.ts';
import type { Field, FieldType, Row } from '#core/schema/field.ts';

const field = (name: string, type: FieldType): Field => ({
  name,
  type,
  optional: true,
  aliases: [],
  examples: [],
  allowNan: false,
});
const FIELDS = [
  field('a', { kind: 'long' }),
  field('s', { kind: 'string' }),
  field('fee', { kind: 'money', currency: 'USD' }),
];

function failure(text: string, row: Row): SluiceError {
  try {
    compileExpression(text, FIELDS)(row);
  } catch (error) {
    if (error instanceof SluiceError) return error;
  }
  throw new Error('expected a SluiceError');
}

describe('compileExpression', () => {
  it('names expression and column of a failure, and no value of the row', () => {
    const error = failure('cast(s as long) + 1', { s: 'top secret' });
    expect(error.code).toBe('EXPRESSION_FAILED');
    expect(error.message).toBe(
      'expression "cast(s as long) + 1", column 1: a string cannot be read as long',
    );
    expect(error.context).toEqual({ column: 1 });
  });

  it('shortens long expressions in messages', () => {
    const error = failure(`1 / a ${'+ 0 '.repeat(100)}`, { a: 0n });
    expect(error.message.length).toBeLessThan(200);
  });

  it('throws EXPRESSION_INVALID for a wrong expression', () => {
    expect(() => compileExpression('a +', FIELDS)).toThrowError(
      expect.objectContaining({ code: 'EXPRESSION_INVALID' }),
    );
  });

  it('reads money under its stored name', () => {
    expect(compileExpression('fee', FIELDS)({ fee_cents: 1230n })).toBe(1230n);
    expect(compileExpression('fee + 0.001', FIELDS)({ fee_cents: 1230n })).toBe(12_301n);
  });

  it('gives the same result for the same row however often it runs', () => {
    const evaluate = compileExpression("s matches '^x+$' and a in (1, 2)", FIELDS);
    const rows: Row[] = [
      { s: 'xx', a: 1n },
      { s: 'xy', a: 1n },
      { s: 'xx', a: 3n },
    ];
    const once = rows.map(evaluate);
    expect(rows.map(evaluate)).toEqual(once);
    expect(once).toEqual([true, false, false]);
  });

  it('refuses results that would exhaust the memory', () => {
    const s = 'x'.repeat(100_000);
    const error = failure("replace(s, '', s)", { s });
    expect(error.message).toContain('replace: result has more than 4194304 characters');
    expect(failure('concat(s, s, s, s)', { s: 'x'.repeat(2_000_000) }).code).toBe(
      'EXPRESSION_FAILED',
    );
  });

  it('refuses to search texts beyond the bound', () => {
    const error = failure("s matches 'a'", { s: 'b'.repeat(65_537) });
    expect(error.message).toContain('expected at most 65536 for "matches"');
  });

  it('evaluates the longest allowed sum without exhausting the stack', () => {
    const sum = Array.from({ length: 500 }, () => 'a').join(' + ');
    expect(compileExpression(sum, FIELDS)({ a: 2n })).toBe(1_000n);
  });
});
