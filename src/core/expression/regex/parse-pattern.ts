import { parseClass, parseEscapedSet, readCodePoint, singleCharacter } from './character-class.ts';
import { PatternError } from './pattern-error.ts';
import type { PatternCursor, PatternNode } from './pattern-tree.ts';

/*
 * alternatives => sequence { "|" sequence }
 * sequence     => { atom [ "*" | "+" | "?" | "{" n [ "," [ m ] ] "}" ] [ "?" ] }
 * atom         => "(" [ "?:" ] alternatives ")" | "[" class "]" | "." | "^" | "$" | escape | character
 *
 * The syntax of RE2 without flags and names. Whether a match is lazy makes no difference to whether there is one.
 */

const MAX_DEPTH = 50;
/** As in RE2. */
const MAX_REPEAT = 1_000;
const REPEAT = /\{([0-9]+)(?:(,)([0-9]*))?\}/y;

/** Parses a pattern. Throws PatternError with what is wrong. */
export function parsePattern(text: string): PatternNode {
  const cursor = { text, offset: 0, depth: 0 };
  const node = parseAlternatives(cursor);
  if (cursor.offset < text.length) throw new PatternError('")" without "("');
  return node;
}

function parseAlternatives(cursor: PatternCursor): PatternNode {
  const nodes = [parseSequence(cursor)];
  while (cursor.text[cursor.offset] === '|') {
    cursor.offset++;
    nodes.push(parseSequence(cursor));
  }
  return nodes.length === 1 ? (nodes[0] as PatternNode) : { kind: 'alternatives', nodes };
}

function parseSequence(cursor: PatternCursor): PatternNode {
  const nodes: PatternNode[] = [];
  while (cursor.offset < cursor.text.length && !'|)'.includes(cursor.text[cursor.offset] ?? '')) {
    nodes.push(parseRepeat(cursor, parseAtom(cursor)));
  }
  return nodes.length === 0 ? { kind: 'empty' } : { kind: 'sequence', nodes };
}

function parseRepeat(cursor: PatternCursor, node: PatternNode): PatternNode {
  const bounds = readBounds(cursor);
  if (bounds === null) return node;
  if (cursor.text[cursor.offset] === '?') cursor.offset++;
  const offset = cursor.offset;
  if (readBounds(cursor) !== null) {
    throw new PatternError(
      `"${cursor.text.slice(offset, cursor.offset)}" repeats a repetition; put it in parentheses`,
    );
  }
  return { kind: 'repeat', node, ...bounds };
}

function readBounds(cursor: PatternCursor): { min: number; max: number | null } | null {
  switch (cursor.text[cursor.offset]) {
    case '*':
      cursor.offset++;
      return { min: 0, max: null };
    case '+':
      cursor.offset++;
      return { min: 1, max: null };
    case '?':
      cursor.offset++;
      return { min: 0, max: 1 };
    case '{':
      return readCountedBounds(cursor);
    default:
      return null;
  }
}

/** Braces that are no count stand for themselves, as in RE2. */
function readCountedBounds(cursor: PatternCursor): { min: number; max: number | null } | null {
  REPEAT.lastIndex = cursor.offset;
  const match = REPEAT.exec(cursor.text);
  if (match === null) return null;
  const min = Number(match[1]);
  const max = match[2] === undefined ? min : match[3] === '' ? null : Number(match[3]);
  if (min > MAX_REPEAT || (max ?? 0) > MAX_REPEAT || (max !== null && max < min)) {
    throw new PatternError(`"${match[0]}" is no repetition from 0 to ${MAX_REPEAT}`);
  }
  cursor.offset += match[0].length;
  return { min, max };
}

function parseAtom(cursor: PatternCursor): PatternNode {
  const character = cursor.text[cursor.offset];
  switch (character) {
    case '(':
      return parseGroup(cursor);
    case '[':
      cursor.offset++;
      return { kind: 'set', set: parseClass(cursor) };
    case '.':
      cursor.offset++;
      // As in RE2, a dot is anything but a line feed.
      return { kind: 'set', set: { negated: true, ranges: [10, 10], properties: [] } };
    case '^':
      cursor.offset++;
      return { kind: 'assert', assertion: 'begin' };
    case '$':
      cursor.offset++;
      return { kind: 'assert', assertion: 'end' };
    case '*':
    case '+':
    case '?':
      throw new PatternError(`"${character}" has nothing to repeat`);
    case '\\':
      return parseEscape(cursor);
    default:
      return { kind: 'set', set: singleCharacter(readCodePoint(cursor)) };
  }
}

function parseGroup(cursor: PatternCursor): PatternNode {
  const rest = cursor.text.slice(cursor.offset, cursor.offset + 4);
  if (/^\(\?(?:[=!]|<[=!])/.test(rest)) {
    throw new PatternError('look-around is not available: it cannot be matched in linear time');
  }
  if (rest.startsWith('(?') && !rest.startsWith('(?:')) {
    throw new PatternError('flags and named groups are not available; use lower() to ignore case');
  }
  cursor.offset += rest.startsWith('(?:') ? 3 : 1;
  cursor.depth++;
  if (cursor.depth > MAX_DEPTH) throw new PatternError(`groups nest deeper than ${MAX_DEPTH}`);
  const node = parseAlternatives(cursor);
  cursor.depth--;
  if (cursor.text[cursor.offset] !== ')') throw new PatternError('"(" is not closed');
  cursor.offset++;
  return node;
}

function parseEscape(cursor: PatternCursor): PatternNode {
  switch (cursor.text[cursor.offset + 1]) {
    case 'A':
      cursor.offset += 2;
      return { kind: 'assert', assertion: 'begin' };
    case 'z':
      cursor.offset += 2;
      return { kind: 'assert', assertion: 'end' };
    case 'b':
      cursor.offset += 2;
      return { kind: 'assert', assertion: 'wordBoundary' };
    case 'B':
      cursor.offset += 2;
      return { kind: 'assert', assertion: 'noWordBoundary' };
    default:
      return { kind: 'set', set: parseEscapedSet(cursor) };
  }
}
