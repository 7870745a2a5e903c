import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileExpression } from '#core/expression/compile-expression.ts';
import { extensionFunctions } from '#runtime/extension-functions.ts';

const FOLDER = fileURLToPath(new URL('../../extensions', import.meta.url));

describe('extensions', () => {
  it('are what expressions take', () => {
    expect([...extensionFunctions().keys()]).toContain('luhn_valid');
  });

  it('import from their own folder and the definition of functions only', () => {
    const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
    const foreign = files
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => {
        const text = readFileSync(path.join(FOLDER, name), 'utf8');
        return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, target]) => target);
      })
      .filter((target) => !/^(\.\.?\/|#core\/expression\/extension\/)/.test(target ?? ''));
    expect(foreign).toEqual([]);
  });
});

describe('fn:luhn_valid', () => {
  const field = {
    name: 's',
    type: { kind: 'string' },
    optional: true,
    aliases: [],
    examples: [],
    allowNan: false,
  } as const;
  const evaluate = compileExpression('fn:luhn_valid(s)', [field], {
    functions: extensionFunctions(),
  });

  // Source: ISO/IEC 7812-1, Annex B; test numbers of card networks; an IMEI of 3GPP TS 23.003.
  it.each([
    ['4111111111111111', true],
    ['4111111111111112', false],
    ['378282246310005', true],
    ['490154203237518', true],
    ['79927398713', true],
    ['79927398710', false],
    ['00', true],
    ['0', false],
    ['', false],
    ['4111 1111 1111 1111', false],
    ['４１１１１１１１１１１１１１１１', false],
  ])('judges %j as %s', (s, valid) => {
    expect(evaluate({ s })).toBe(valid);
  });

  it('has nothing to say of nothing', () => {
    expect(evaluate({ s: null })).toBeNull();
  });
});
