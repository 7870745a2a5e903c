import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { hasCode } from '#core/errors.ts';
import { compileExpression } from '#core/expression/compile-expression.ts';
import type { Field, Row } from '#core/schema/field.ts';
import { type FuzzTarget, refusedWith } from '../fuzz-target.ts';
import { mutateText } from '../mutate.ts';

const CORPUS = fileURLToPath(new URL('../../conformance', import.meta.url));
const field = (name: string, kind: 'string' | 'long' | 'double' | 'boolean'): Field => ({
  name,
  type: { kind },
  optional: true,
  aliases: [],
  examples: [],
  allowNan: false,
});
const FIELDS = [
  field('s', 'string'),
  field('n', 'long'),
  field('x', 'double'),
  field('b', 'boolean'),
];
const ROW: Row = { s: 'abc', n: 7n, x: 1.5, b: null };

/** Row expressions as a user may mistype them, compiled and evaluated. */
export const expression: FuzzTarget = {
  name: 'expression',
  async prepare() {
    const corpus = conformanceExpressions();
    return {
      run(draw) {
        const text = mutateText(draw, corpus, ['s', 'n', 'x', 'b', 'cast(', ' as ', 'case when ']);
        try {
          compileExpression(text, FIELDS)(ROW);
          return 'accepted';
        } catch (error) {
          return refusedWith(
            error,
            (e) => hasCode(e, 'EXPRESSION_INVALID') || hasCode(e, 'EXPRESSION_FAILED'),
          );
        }
      },
    };
  },
};

/** Every text under a key `expr` of the conformance corpus. */
function conformanceExpressions(): readonly string[] {
  const found: string[] = ['upper(s)', 'n between 0 and 1e9', 'x / 0'];
  const collect = (value: unknown, key: string): void => {
    if (typeof value === 'string' && /^expr/.test(key)) found.push(value);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) collect(inner, name);
  };
  for (const file of readdirSync(CORPUS).filter((name) => name.endsWith('.yaml')))
    collect(parse(readFileSync(path.join(CORPUS, file), 'utf8')), '');
  return found;
}
