import { PatternError } from './pattern-error.ts';
import type { CharacterSet, PatternCursor } from './pattern-tree.ts';

const MAX_CODE_POINT = 0x10ffff;

/** ASCII only, as in RE2. */
const PERL_CLASSES: ReadonlyMap<string, readonly number[]> = new Map([
  ['d', [0x30, 0x39]],
  ['w', [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]],
  ['s', [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20]],
]);
const CONTROL_ESCAPES: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
]);
const HEX = /\\x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/y;
const PROPERTY = /\\([pP])(?:([A-Z])|\{(\^?)([A-Za-z_]+)\})/y;

/** The set of one code point. */
export function singleCharacter(codePoint: number): CharacterSet {
  return { negated: false, ranges: [codePoint, codePoint], properties: [] };
}

/** Reads one code point of the pattern. */
export function readCodePoint(cursor: PatternCursor): number {
  const codePoint = cursor.text.codePointAt(cursor.offset);
  if (codePoint === undefined) throw new PatternError('the pattern ends too early');
  cursor.offset += codePoint > 0xffff ? 2 : 1;
  return codePoint;
}

/** Reads an escape that stands for a set or a character; the cursor is at the backslash. */
export function parseEscapedSet(cursor: PatternCursor): CharacterSet {
  const letter = cursor.text[cursor.offset + 1];
  if (letter === undefined) throw new PatternError('the pattern ends with a backslash');
  const perl = PERL_CLASSES.get(letter.toLowerCase());
  if (perl !== undefined) {
    cursor.offset += 2;
    return { negated: letter !== letter.toLowerCase(), ranges: perl, properties: [] };
  }
  if (letter === 'p' || letter === 'P') return parseProperty(cursor);
  return singleCharacter(parseEscapedCharacter(cursor, letter));
}

function parseEscapedCharacter(cursor: PatternCursor, letter: string): number {
  if (letter === 'x') return parseHex(cursor);
  const control = CONTROL_ESCAPES.get(letter);
  if (control !== undefined) {
    cursor.offset += 2;
    return control;
  }
  if (/[1-9k]/.test(letter)) {
    throw new PatternError(
      'back-references are not available: they cannot be matched in linear time',
    );
  }
  if (/[0-9A-Za-z]/.test(letter)) throw new PatternError(`"\\${letter}" is no escape`);
  cursor.offset++;
  return readCodePoint(cursor);
}

function parseHex(cursor: PatternCursor): number {
  HEX.lastIndex = cursor.offset;
  const match = HEX.exec(cursor.text);
  const codePoint = Number.parseInt(match?.[1] ?? match?.[2] ?? '', 16);
  if (match === null || codePoint > MAX_CODE_POINT) {
    throw new PatternError('"\\x" needs two digits, or up to 10FFFF in braces');
  }
  cursor.offset += match[0].length;
  return codePoint;
}

/** `\pL`, `\p{Lu}`, `\p{Greek}`, `\P{…}`: general categories and scripts. */
function parseProperty(cursor: PatternCursor): CharacterSet {
  PROPERTY.lastIndex = cursor.offset;
  const match = PROPERTY.exec(cursor.text);
  const name = match?.[2] ?? match?.[4];
  if (match === null || name === undefined)
    throw new PatternError('"\\p" needs a property, like \\p{L}');
  cursor.offset += match[0].length;
  const negated = (match[1] === 'P') !== (match[3] === '^');
  return { negated: false, ranges: [], properties: [{ pattern: propertyPattern(name), negated }] };
}

/** The name has been checked to be letters, so it cannot be more than a property name. */
function propertyPattern(name: string): RegExp {
  for (const property of [`gc=${name}`, `Script=${name}`]) {
    try {
      return new RegExp(`^\\p{${property}}$`, 'u');
    } catch {
      // Not of this kind; the other kind is tried, and then the name is refused.
    }
  }
  throw new PatternError(`there is no Unicode category or script "${name}"`);
}

/** Reads a class; the cursor is behind the opening bracket. */
export function parseClass(cursor: PatternCursor): CharacterSet {
  const negated = cursor.text[cursor.offset] === '^';
  if (negated) cursor.offset++;
  const ranges: number[] = [];
  const properties: CharacterSet['properties'][number][] = [];
  for (let first = true; first || cursor.text[cursor.offset] !== ']'; first = false) {
    if (cursor.offset >= cursor.text.length) throw new PatternError('"[" is not closed');
    if (cursor.text.startsWith('[:', cursor.offset)) {
      throw new PatternError('classes like [:alpha:] are not available; use \\p{L}');
    }
    const item = parseClassItem(cursor);
    ranges.push(...(item.negated ? invert(item.ranges) : item.ranges));
    properties.push(...item.properties);
  }
  cursor.offset++;
  return { negated, ranges, properties };
}

function parseClassItem(cursor: PatternCursor): CharacterSet {
  const from = parseClassCharacter(cursor);
  const isRange =
    cursor.text[cursor.offset] === '-' &&
    cursor.offset + 1 < cursor.text.length &&
    cursor.text[cursor.offset + 1] !== ']';
  if (!isRange) return from;
  cursor.offset++;
  const to = parseClassCharacter(cursor);
  const [low, high] = [soleCharacter(from), soleCharacter(to)];
  if (low === null || high === null || high < low)
    throw new PatternError('a range in "[]" is not in order');
  return { negated: false, ranges: [low, high], properties: [] };
}

function parseClassCharacter(cursor: PatternCursor): CharacterSet {
  if (cursor.text[cursor.offset] === '\\') return parseEscapedSet(cursor);
  return singleCharacter(readCodePoint(cursor));
}

function soleCharacter(set: CharacterSet): number | null {
  const [from, to] = set.ranges;
  const sole = set.ranges.length === 2 && from === to && !set.negated;
  return sole ? (from ?? null) : null;
}

/** The ranges between sorted ranges. */
function invert(ranges: readonly number[]): number[] {
  const inverted: number[] = [];
  let next = 0;
  for (let index = 0; index < ranges.length; index += 2) {
    const from = ranges[index] ?? 0;
    if (from > next) inverted.push(next, from - 1);
    next = (ranges[index + 1] ?? 0) + 1;
  }
  inverted.push(next, MAX_CODE_POINT);
  return inverted;
}

/** True when the set holds the code point. */
export function setHolds(set: CharacterSet, codePoint: number): boolean {
  return holds(set, codePoint) !== set.negated;
}

function holds(set: CharacterSet, codePoint: number): boolean {
  const { ranges, properties } = set;
  for (let index = 0; index < ranges.length; index += 2) {
    if (codePoint >= (ranges[index] ?? 0) && codePoint <= (ranges[index + 1] ?? 0)) return true;
  }
  if (properties.length === 0) return false;
  const character = String.fromCodePoint(codePoint);
  return properties.some(({ pattern, negated }) => pattern.test(character) !== negated);
}
