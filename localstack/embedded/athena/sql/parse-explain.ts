import type { Grammar } from './grammar.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `EXPLAIN [ANALYZE [VERBOSE]] [(…)]`. */
export interface ExplainOptions {
  readonly analyze: boolean;
  readonly verbose: boolean;
  readonly type: 'logical' | 'distributed' | 'validate' | 'io';
  readonly format: 'text' | 'json' | 'graphviz';
}

/** What stands behind the word EXPLAIN, up to the statement. Source: Amazon Athena user guide, Using EXPLAIN. */
export function parseExplain({ cursor }: Grammar): ExplainOptions {
  const analyze = cursor.accept('ANALYZE');
  const verbose = analyze && cursor.accept('VERBOSE');
  const options: { type: ExplainOptions['type']; format: ExplainOptions['format'] } = {
    type: analyze ? 'distributed' : 'logical',
    format: 'text',
  };
  if (!atOptions(cursor)) return { analyze, verbose, ...options };
  cursor.expectSymbol('(');
  do {
    if (cursor.accept('FORMAT')) {
      options.format = parseWord(cursor, ['text', 'graphviz', 'json']);
    } else if (!analyze && cursor.accept('TYPE')) {
      options.type = parseWord(cursor, ['logical', 'distributed', 'validate', 'io']);
    } else {
      throw cursor.mismatch(analyze ? "'FORMAT'" : "'FORMAT', 'TYPE'");
    }
  } while (cursor.acceptSymbol(','));
  cursor.expectSymbol(')');
  return { analyze, verbose, ...options };
}

/** A parenthesis may open the query as well. */
function atOptions(cursor: TokenCursor): boolean {
  const word = cursor.peek(1);
  return cursor.atSymbol('(') && word.kind === 'word' && ['FORMAT', 'TYPE'].includes(word.upper);
}

function parseWord<T extends string>(cursor: TokenCursor, words: readonly T[]): T {
  const found = words.find((word) => cursor.accept(word.toUpperCase()));
  if (found !== undefined) return found;
  throw cursor.mismatch(words.map((word) => `'${word.toUpperCase()}'`).join(', '));
}
