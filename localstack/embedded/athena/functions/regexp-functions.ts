import { failAt } from '../sql-failure.ts';
import type { Compiled } from '../trino-types/compiled.ts';
import { arrayOf, BIGINT, BOOLEAN, quoteText, VARCHAR } from '../trino-types/trino-type.ts';
import {
  applySignature,
  type FunctionTable,
  literalText,
  type ScalarCall,
  scalar,
} from './function-spec.ts';

/**
 * Patterns run on RE2, which refuses what it lacks of Java's syntax (look-around, back-references)
 * instead of reading it differently. Source: Trino documentation, Regular expression functions.
 */
export const REGEXP_FUNCTIONS: FunctionTable = {
  regexp_like: scalar({
    args: [VARCHAR, VARCHAR],
    returns: BOOLEAN,
    sql: (text, pattern) => `regexp_matches(${text}, ${pattern})`,
  }),
  // The list form gives null for no match and for a group that took no part, as Trino does.
  regexp_extract: scalar(
    {
      args: [VARCHAR, VARCHAR],
      returns: VARCHAR,
      sql: (text, pattern) => `(regexp_extract_all(${text}, ${pattern}, 0))[1]`,
    },
    {
      args: [VARCHAR, VARCHAR, BIGINT],
      returns: VARCHAR,
      sql: (text, pattern, group) =>
        `(regexp_extract_all(${text}, ${pattern}, CAST(${group} AS INTEGER)))[1]`,
    },
  ),
  regexp_extract_all: scalar(
    {
      args: [VARCHAR, VARCHAR],
      returns: arrayOf(VARCHAR),
      sql: (text, pattern) => `regexp_extract_all(${text}, ${pattern}, 0)`,
    },
    {
      args: [VARCHAR, VARCHAR, BIGINT],
      returns: arrayOf(VARCHAR),
      sql: (text, pattern, group) =>
        `regexp_extract_all(${text}, ${pattern}, CAST(${group} AS INTEGER))`,
    },
  ),
  regexp_split: scalar({
    args: [VARCHAR, VARCHAR],
    returns: arrayOf(VARCHAR),
    sql: (text, pattern) => `regexp_split_to_array(${text}, ${pattern})`,
  }),
  regexp_count: scalar({
    args: [VARCHAR, VARCHAR],
    returns: BIGINT,
    sql: (text, pattern) => `len(regexp_extract_all(${text}, ${pattern}, 0))`,
  }),
  regexp_replace: { kind: 'scalar', compile: compileReplace },
};

function compileReplace(call: ScalarCall): Compiled {
  const replacement = call.nodes.length === 3 ? toRe2Replacement(call) : "''";
  return applySignature(call, [
    { args: [VARCHAR, VARCHAR], returns: VARCHAR, sql: replaceAll },
    { args: [VARCHAR, VARCHAR, VARCHAR], returns: VARCHAR, sql: replaceAll },
  ]);

  function replaceAll(text: string, pattern: string): string {
    return `regexp_replace(${text}, ${pattern}, ${replacement}, 'g')`;
  }
}

/** Java writes groups as `$1` and escapes with a backslash; RE2 writes `\1`. */
function toRe2Replacement(call: ScalarCall): string {
  const text = literalText(call, 2, 'replacement');
  let converted = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\') {
      at += 1;
      converted += escapeForRe2(text.charAt(at));
    } else if (character === '$') {
      const digit = /^\d(?!\d)/.exec(text.slice(at + 1));
      if (digit === null) {
        const node = call.nodes[2] ?? call;
        throw failAt(
          'NOT_SUPPORTED',
          node,
          'the local query engine takes groups $0 to $9 in a replacement only',
        );
      }
      at += 1;
      converted += `\\${digit[0]}`;
    } else {
      converted += escapeForRe2(character);
    }
  }
  return quoteText(converted);
}

function escapeForRe2(character: string): string {
  return character === '\\' ? '\\\\' : character;
}
