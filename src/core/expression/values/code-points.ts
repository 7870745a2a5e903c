/** Strings as Trino sees them: sequences of Unicode code points, ordered by code point, without locale. */

const ASCII = /^\p{ASCII}*$/u;
const SURROGATE = /[\ud800-\udfff]/;

/** Order by code point, which is the order of the UTF-8 bytes; UTF-16 units sort differently above U+FFFF. */
export function compareCodePoints(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return sortKey(a) - sortKey(b);
  }
  return left.length - right.length;
}

/** Moves surrogates (which stand for U+10000 and above) behind U+E000 to U+FFFF. */
function sortKey(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Number of code points. */
export function countCodePoints(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Upper case, code point by code point with the simple mapping: ß stays ß. */
export function upperCase(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : mapCodePoints(text, simpleUpper);
}

/** Lower case, code point by code point with the simple mapping; final sigma is no special case. */
export function lowerCase(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : mapCodePoints(text, simpleLower);
}

function mapCodePoints(text: string, map: (character: string) => string): string {
  let mapped = '';
  for (const character of text) mapped += map(character);
  return mapped;
}

function simpleUpper(character: string): string {
  const upper = character.toUpperCase();
  if (countCodePoints(upper) === 1) return upper;
  // Greek letters with iota subscript: the full mapping is two letters, the simple one the title case letter.
  const title = TITLE_CASE.get(character);
  return title ?? character;
}

function simpleLower(character: string): string {
  // The only letter whose full lower case has two code points.
  if (character === '\u0130') return 'i';
  return character.toLowerCase();
}

/** Lower to title case of U+1F80 to U+1FFC. Source: UnicodeData.txt, simple uppercase mapping. */
const TITLE_CASE: ReadonlyMap<string, string> = new Map(
  [...iotaSubscriptTitles()].map((title) => [title.toLowerCase(), title] as const),
);

function* iotaSubscriptTitles(): Generator<string> {
  for (const start of [0x1f88, 0x1f98, 0x1fa8]) {
    for (let offset = 0; offset < 8; offset++) yield String.fromCodePoint(start + offset);
  }
  yield* ['\u1fbc', '\u1fcc', '\u1ffc'];
}

/** White space of Java's Character.isWhitespace, which Trino's trim removes; no-break spaces stay. */
const SPACES = new Set(
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u2028\u2029\u205f\u3000',
);

/** Removes white space from both ends. A loop: a pattern anchored at the end would take quadratic time. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACES.has(text[start] ?? '')) start++;
  while (end > start && SPACES.has(text[end - 1] ?? '')) end--;
  return text.slice(start, end);
}

/**
 * Code points from 1-based `start`, counted from the end when negative; at most `length`.
 * Source: Trino, StringFunctions.substring: start 0, or before the beginning, gives the empty string.
 */
export function substring(text: string, start: bigint, length: bigint | null): string {
  if (start === 0n || (length !== null && length <= 0n)) return '';
  const plain = !SURROGATE.test(text);
  const points = plain ? null : Array.from(text);
  const size = BigInt(points?.length ?? text.length);
  const from = start > 0n ? start - 1n : size + start;
  if (from < 0n || from >= size) return '';
  const to = length === null || from + length > size ? size : from + length;
  if (points === null) return text.slice(Number(from), Number(to));
  return points.slice(Number(from), Number(to)).join('');
}

/** Longest string a function makes: expressions that multiply their input must not exhaust the heap. */
export const MAX_STRING_LENGTH = 4 * 1024 * 1024;

/** Joins strings; null when the result would be longer than MAX_STRING_LENGTH. */
export function joinStrings(parts: readonly string[]): string | null {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return length > MAX_STRING_LENGTH ? null : parts.join('');
}

/**
 * Replaces every occurrence; an empty search puts the replacement around every code point. Null when the result
 * would be longer than MAX_STRING_LENGTH. Source: Trino, StringFunctions.replace.
 */
export function replaceAll(text: string, search: string, replacement: string): string | null {
  const parts = search === '' ? ['', ...text, ''] : text.split(search);
  const length = text.length + parts.length * (replacement.length - search.length);
  return length > MAX_STRING_LENGTH ? null : parts.join(replacement);
}
