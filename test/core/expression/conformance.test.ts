import { describe, expect, it } from 'vitest';
import { hasCode, type SluiceError } from '#core/errors.ts';
import { checkExpression } from '#core/expression/check-expression.ts';
import { compileExpression } from '#core/expression/compile-expression.ts';
import { describeType } from '#core/expression/expression-type.ts';
import {
  type ConformanceCase,
  type ConformanceFile,
  readConformanceFiles,
  toRow,
  toValue,
} from './conformance-file.ts';
import { CORPUS_FUNCTIONS } from './corpus-functions.ts';

const files = readConformanceFiles();
const CORPUS = { functions: CORPUS_FUNCTIONS };

it('reads a corpus that covers every file of the folder', () => {
  expect(files.length).toBeGreaterThanOrEqual(28);
  expect(files.reduce((sum, file) => sum + file.cases.length, 0)).toBeGreaterThan(400);
});

describe.each(files)('$name', ({ fields, cases, invalid }: ConformanceFile) => {
  it.each(cases.map((example) => [titleOf(example), example] as const))(
    'evaluates %s',
    (_title, example) => {
      const { expression } = example;
      const check = checkExpression(expression, fields, CORPUS);
      if (!check.ok) throw new Error(`${check.column}: ${check.message}`);
      if (example.type !== undefined) expect(describeType(check.type)).toBe(example.type);
      const evaluate = compileExpression(expression, fields, CORPUS);
      const row = toRow(fields, example.in ?? {});
      if (example.error === undefined) {
        expect(evaluate(row)).toEqual(toValue(check.type, example.out));
        return;
      }
      const failure = failureOf(() => evaluate(row));
      expect(hasCode(failure, 'EXPRESSION_FAILED')).toBe(true);
      expect(failure.message).toContain(example.error);
    },
  );

  it.each(invalid.map((example) => [example.expression, example] as const))(
    'refuses %s',
    (expression, example) => {
      expect(checkExpression(expression, fields, CORPUS)).toEqual({
        ok: false,
        message: expect.stringContaining(example.message),
        column: Number(example.column),
      });
    },
  );
});

function titleOf({ expression, in: input = {} }: ConformanceCase): string {
  const row = JSON.stringify(input, (_key, value) =>
    typeof value === 'bigint' ? Number(value) : value,
  );
  return `${expression} on ${row}`;
}

function failureOf(run: () => unknown): SluiceError {
  try {
    run();
  } catch (error) {
    return error as SluiceError;
  }
  throw new Error('expected a failure, got a value');
}
