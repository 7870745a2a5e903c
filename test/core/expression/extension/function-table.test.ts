import { describe, expect, it } from 'vitest';
import { checkExpression } from '#core/expression/check-expression.ts';
import { compileExpression } from '#core/expression/compile-expression.ts';
import {
  defineFunction,
  type ExtensionFunction,
} from '#core/expression/extension/define-function.ts';
import {
  calledExtensions,
  createFunctionTable,
} from '#core/expression/extension/function-table.ts';

const good = defineFunction({ args: ['string'], returns: 'string', call: (text) => text });
const define = (changes: Partial<ExtensionFunction>): ExtensionFunction => ({
  ...good,
  ...changes,
});

describe('functions of extensions', () => {
  it.each<[string, Record<string, ExtensionFunction>, string]>([
    ['a name in capitals', { Luhn: good }, 'fn:Luhn: expected a name of lower-case letters'],
    ['a name with a hyphen', { 'luhn-valid': good }, 'fn:luhn-valid: expected a name'],
    [
      'an async function',
      { a: define({ call: async () => 'x' }) },
      'fn:a: expected a function that is not async',
    ],
    ['a generator', { a: define({ call: function* () {} }) }, 'no generator'],
    [
      'no function',
      { a: define({ call: 1 as unknown as ExtensionFunction['call'] }) },
      'expected a function',
    ],
    ['an unknown type', { a: define({ args: ['text' as 'string'] }) }, 'unknown type "text"'],
    [
      'more than a type',
      { a: define({ returns: 'string x' as 'string' }) },
      'unknown type "string x"',
    ],
    ['a list', { a: define({ returns: 'list' as 'string' }) }, 'unknown type "list"'],
    [
      'too many digits',
      { a: define({ returns: 'decimal(39, 2)' }) },
      'unknown type "decimal(39, 2)"',
    ],
    [
      'too many arguments',
      { a: define({ args: Array(21).fill('string') }) },
      'at most 20 arguments',
    ],
  ])('are refused for %s', (_what, functions, problem) => {
    expect(() => createFunctionTable(functions)).toThrowError(problem);
  });

  it('are refused all at once', () => {
    const functions = { A: good, b: define({ returns: 'text' as 'string' }), c: good };
    expect(() => createFunctionTable(functions)).toThrowError(/fn:A: .*; fn:b: unknown type/);
  });

  it('may have any type that a cast has', () => {
    const types = [
      'string',
      'boolean',
      'int',
      'long',
      'float',
      'double',
      'date',
      'timestamp',
      'decimal(38, 10)',
    ] as const;
    const table = createFunctionTable({ all: define({ args: types }) });
    expect(table.get('all')?.args).toHaveLength(types.length);
  });

  it('are unknown where none are given', () => {
    expect(checkExpression('fn:a(1)', [])).toMatchObject({
      ok: false,
      message: 'unknown function "fn:a"; extensions/functions.ts has none',
    });
  });

  it('are found in a text by what stands before their names, and not in its strings', () => {
    expect(calledExtensions("fn:a(x) and y = 'fn:b(x)' or upper(fn:c(1)) = 'z'")).toEqual([
      'a',
      'c',
    ]);
    expect(calledExtensions('upper(x)')).toEqual([]);
    expect(calledExtensions("'not closed fn:a(")).toEqual([]);
  });

  it('cannot change what they are given', () => {
    const seen: unknown[][] = [];
    const call = (...args: unknown[]): string => {
      seen.push([...args]);
      args[0] = 'changed';
      return 'x';
    };
    const table = createFunctionTable({ a: define({ args: ['string', 'string'], call }) });
    const field = {
      name: 's',
      type: { kind: 'string' },
      optional: true,
      aliases: [],
      examples: [],
      allowNan: false,
    } as const;
    const evaluate = compileExpression('concat(fn:a(s, s), s)', [field], { functions: table });
    expect(evaluate({ s: 'v' })).toBe('xv');
    expect(seen).toEqual([['v', 'v']]);
  });
});
