import { describe, expect, it } from 'vitest';
import { typeExpression } from '#core/expression/check-expression.ts';
import { defineFunction } from '#core/expression/extension/define-function.ts';
import { createFunctionTable } from '#core/expression/extension/function-table.ts';
import { fieldsReadBy } from '#core/expression/read-fields.ts';
import type { Field, FieldType } from '#core/schema/field.ts';

function field(name: string, type: FieldType): Field {
  return { name, type, optional: true, aliases: [], examples: [], allowNan: false };
}

const FIELDS = [
  field('a', { kind: 'long' }),
  field('b', { kind: 'long' }),
  field('c', { kind: 'string' }),
  field('fee', { kind: 'money', currency: 'USD' }),
  field('place', { kind: 'record', fields: [field('city', { kind: 'string' })] }),
];
const functions = createFunctionTable({
  twice: defineFunction({ args: ['long'], returns: 'long', call: (value) => 2n * value }),
});

describe('fieldsReadBy', () => {
  it.each([
    ['1 + 2', []],
    ['-a', ['a']],
    ['a + b > a', ['a', 'b']],
    ['fee > 1', ['fee_cents']],
    ["place.city = 'x'", ['place']],
    ['a is null or not (b = 1 and true)', ['a', 'b']],
    ['a in (1, b)', ['a', 'b']],
    ["c matches '^x$'", ['c']],
    ['case when a = 1 then b else length(c) end', ['a', 'b', 'c']],
    ['coalesce(a, b)', ['a', 'b']],
    ['fn:twice(b)', ['b']],
    ['cast(a as string)', ['a']],
  ])('%s', (text, names) => {
    expect([...fieldsReadBy(typeExpression(text, FIELDS, { functions }))].sort()).toEqual(names);
  });
});
