import { invalidAt } from '../expression-error.ts';
import type { Token } from './lexer.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/** Deepest nesting of parentheses, calls, signs and "not": keeps parsing and evaluation far from the stack's end. */
export const MAX_NESTING = 64;
/** Most nodes of one expression; a chain a + b + c is as deep as it is long. */
export const MAX_NODES = 1_000;

/** Reads tokens one by one and watches the limits. Words are keywords without regard to case. */
export interface TokenReader {
  peek(): Token;
  next(): Token;
  isWord(word: string): boolean;
  /** Moves over the word if it is next. */
  skipWord(word: string): boolean;
  skipSymbol(symbol: string): boolean;
  expectWord(word: string): void;
  expectSymbol(symbol: string): void;
  /** Runs a parser one level deeper. */
  deeper(parse: () => SyntaxNode): SyntaxNode;
  /** Counts a node. */
  node(node: SyntaxNode): SyntaxNode;
  unexpected(expected: string): Error;
}

/** How messages spell a token. */
export function describeToken(token: Token): string {
  return token.kind === 'end' ? token.text : `"${token.text}"`;
}

/** Starts reading at the first token; the last one is `end` and is never passed. */
export function createTokenReader(tokens: readonly Token[]): TokenReader {
  let position = 0;
  const peek = () => tokens[position] as Token;
  const unexpected = (expected: string) =>
    invalidAt(peek().column, `unexpected ${describeToken(peek())}, expected ${expected}`);
  const isWord = (word: string) => peek().kind === 'name' && peek().text.toLowerCase() === word;
  const isSymbol = (symbol: string) => peek().kind === 'symbol' && peek().text === symbol;
  const skip = (found: boolean) => {
    position += found ? 1 : 0;
    return found;
  };
  return {
    peek,
    unexpected,
    isWord,
    next() {
      const token = peek();
      skip(token.kind !== 'end');
      return token;
    },
    skipWord: (word) => skip(isWord(word)),
    skipSymbol: (symbol) => skip(isSymbol(symbol)),
    expectWord(word) {
      if (!skip(isWord(word))) throw unexpected(`"${word}"`);
    },
    expectSymbol(symbol) {
      if (!skip(isSymbol(symbol))) throw unexpected(`"${symbol}"`);
    },
    ...createLimits(() => peek().column),
  };
}

function createLimits(column: () => number): Pick<TokenReader, 'deeper' | 'node'> {
  let depth = 0;
  let nodes = 0;
  return {
    deeper(parse) {
      depth++;
      if (depth > MAX_NESTING) {
        throw invalidAt(column(), `nested deeper than ${MAX_NESTING} levels; split the expression`);
      }
      const node = parse();
      depth--;
      return node;
    },
    node(node) {
      nodes++;
      if (nodes > MAX_NODES) {
        throw invalidAt(
          node.column,
          `more than ${MAX_NODES} operators and values; split the expression`,
        );
      }
      return node;
    },
  };
}
