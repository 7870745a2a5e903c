import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import { checkExpression } from '#core/expression/check-expression.ts';
import { compileExpression } from '#core/expression/compile-expression.ts';
import type { ExpressionType } from '#core/expression/expression-type.ts';
import type { Field, FieldType, Row, Value } from '#core/schema/field.ts';

const field = (name: string, type: FieldType): Field => ({
  name,
  type,
  optional: true,
  aliases: [],
  examples: [],
  allowNan: true,
});
const FIELDS = [
  field('a', { kind: 'long' }),
  field('i', { kind: 'int' }),
  field('x', { kind: 'double' }),
  field('f', { kind: 'float' }),
  field('m', { kind: 'decimal', precision: 12, scale: 4 }),
  field('s', { kind: 'string' }),
  field('p', { kind: 'boolean' }),
  field('d', { kind: 'date' }),
  field('ts', { kind: 'timestamp_micros' }),
];

const rows: fc.Arbitrary<Row> = fc.record({
  a: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  i: fc.option(fc.integer()),
  x: fc.option(fc.double()),
  f: fc.option(fc.float()),
  m: fc.option(fc.bigInt({ min: -(10n ** 12n) + 1n, max: 10n ** 12n - 1n })),
  s: fc.option(fc.string({ unit: 'binary', maxLength: 6 })),
  p: fc.option(fc.boolean()),
  d: fc.option(fc.integer({ min: -800_000, max: 800_000 })),
  ts: fc.option(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n })),
});

/** Expression texts by the grammar; many of them are of wrong type on purpose. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const part = tie('expression') as fc.Arbitrary<string>;
  const leaf = fc.constantFrom(
    ...FIELDS.map(({ name }) => name),
    '0',
    '1',
    '-7',
    '2.50',
    '1e3',
    "'abc'",
    "''",
    'null',
    'true',
    "date '2000-02-29'",
    "timestamp '1969-12-31 23:59:59.999999'",
  );
  const infix = fc.constantFrom('+', '-', '*', '/', '%', '=', '<>', '<', '>=', 'and', 'or');
  const call = fc.constantFrom(
    'upper',
    'length',
    'abs',
    'round',
    'floor',
    'ceil',
    'year',
    'hour',
    'trim',
  );
  const type = fc.constantFrom(
    'string',
    'long',
    'int',
    'double',
    'float',
    'decimal(10, 2)',
    'date',
    'timestamp',
    'boolean',
  );
  return {
    expression: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      leaf,
      fc
        .tuple(part, infix, part)
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(call, part).map(([name, arg]) => `${name}(${arg})`),
      fc.tuple(part, type).map(([arg, name]) => `cast(${arg} as ${name})`),
      fc.tuple(part, part, part).map(([a, b, c]) => `case when ${a} then ${b} else ${c} end`),
      fc.tuple(part, part).map(([a, b]) => `coalesce(${a}, ${b})`),
      fc.tuple(part, part, part).map(([a, b, c]) => `${a} in (${b}, ${c})`),
      fc.tuple(part, part).map(([a, b]) => `greatest(${a}, ${b})`),
      fc.tuple(part, part).map(([a, b]) => `substr(${a}, ${b})`),
      part.map((a) => `not ${a}`),
      part.map((a) => `${a} is null`),
    ),
  };
});

function isOfType(value: Value, type: ExpressionType): boolean {
  if (value === null) return true;
  switch (type.kind) {
    case 'long':
    case 'timestamp_micros':
      return typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
    case 'decimal':
      return (
        typeof value === 'bigint' &&
        value < 10n ** BigInt(type.precision) &&
        -value < 10n ** BigInt(type.precision)
      );
    case 'int':
    case 'date':
      return Number.isInteger(value);
    case 'float':
      return typeof value === 'number' && Object.is(Math.fround(value), value);
    case 'double':
      return typeof value === 'number';
    default:
      return typeof value === type.kind;
  }
}

describe('expressions', () => {
  it('give a value of their static type, or EXPRESSION_FAILED', () => {
    let evaluated = 0;
    fc.assert(
      fc.property(expression, fc.array(rows, { minLength: 3, maxLength: 3 }), (text, samples) => {
        const check = checkExpression(text, FIELDS);
        if (!check.ok) return;
        const evaluate = compileExpression(text, FIELDS);
        for (const row of samples) {
          try {
            expect(isOfType(evaluate(row), check.type)).toBe(true);
            evaluated++;
          } catch (error) {
            if (!hasCode(error, 'EXPRESSION_FAILED')) throw error;
          }
        }
      }),
      { seed: 31, numRuns: 5_000 },
    );
    expect(evaluated).toBeGreaterThan(2_000);
  });

  it('never fail to check, whatever the text', () => {
    const words = fc.constantFrom(
      'a',
      'x',
      's',
      '(',
      ')',
      '+',
      '-',
      '*',
      ',',
      '.',
      '=',
      '<',
      "'x'",
      '"a"',
      '1',
      '1.5',
      '1e5',
      'and',
      'or',
      'not',
      'in',
      'between',
      'is',
      'null',
      'case',
      'when',
      'then',
      'else',
      'end',
      'cast',
      'as',
      'long',
      'matches',
      'date',
      'upper',
      "'[a-z'",
      "'(a|b)*'",
      '"',
      "'",
      'é',
      '\u0000',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(words, { maxLength: 25 }).map((parts) => parts.join(' ')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const check = checkExpression(text, FIELDS);
          if (!check.ok) expect(check.column).toBeGreaterThan(0);
        },
      ),
      { seed: 32, numRuns: 20_000 },
    );
  });

  it('obey the laws of three-valued logic', () => {
    const truth = fc.constantFrom('true', 'false', 'null', 'p');
    fc.assert(
      fc.property(truth, truth, rows, (left, right, row) => {
        const value = (text: string) => compileExpression(text, FIELDS)(row);
        expect(value(`not (${left} and ${right})`)).toBe(value(`not ${left} or not ${right}`));
        expect(value(`${left} and ${right}`)).toBe(value(`${right} and ${left}`));
        expect(value(`not not ${left}`)).toBe(value(`${left}`));
      }),
      { seed: 33, numRuns: 100 },
    );
  });
});
