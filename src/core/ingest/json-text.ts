import { SluiceError } from '#core/errors.ts';

/**
 * JSON as it stands in a text. Unlike JSON.parse it loses nothing: numbers keep their digits (a double holds neither
 * 0.1 nor 2^53 + 1), a key that stands twice in an object is seen, and `__proto__` is a key like any other.
 */
export type Json = null | boolean | string | JsonNumber | JsonRepeated | JsonList | JsonObject;
export type JsonList = readonly Json[];
export type JsonObject = ReadonlyMap<string, Json>;

export interface JsonNumber {
  /** For instance `-1.50e3`. */
  readonly number: string;
}

/** Stands for the values of a key that an object has more than once: which of them is meant nobody can say. */
export interface JsonRepeated {
  readonly repeated: true;
}

export function isJsonNumber(json: Json): json is JsonNumber {
  return typeof json === 'object' && json !== null && 'number' in json;
}

export function isJsonObject(json: Json): json is JsonObject {
  return json instanceof Map;
}

/** Containers in containers; schemas nest far less. Bounds the stack. */
export const MAX_JSON_DEPTH = 64;

const REPEATED: JsonRepeated = { repeated: true };

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS: readonly (readonly [string, Json])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/**
 * Parses one JSON text. Throws FORMAT_CORRUPT with the character's place when it is none, or nests deeper than
 * MAX_JSON_DEPTH. Source: RFC 8259.
 */
export function parseJson(text: string): Json {
  const parser = new JsonParser(text);
  return parser.parse();
}

class JsonParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Json {
    this.#skipSpace();
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected('the end');
    return value;
  }

  #value(depth: number): Json {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(this.#deeper(depth));
      case '[':
        return this.#list(this.#deeper(depth));
      case '"':
        return this.#string();
      default:
        return this.#wordOrNumber();
    }
  }

  #deeper(depth: number): number {
    if (depth >= MAX_JSON_DEPTH) throw this.#problem(`nests deeper than ${MAX_JSON_DEPTH} levels`);
    return depth + 1;
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, Json>();
    if (this.#opensEmpty('}')) return members;
    do {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') throw this.#unexpected('a key in double quotes');
      const key = this.#string();
      this.#skipSpace();
      if (!this.#take(':')) throw this.#unexpected('":"');
      this.#skipSpace();
      const value = this.#value(depth);
      members.set(key, members.has(key) ? REPEATED : value);
      this.#skipSpace();
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#unexpected('"," or "}"');
    return members;
  }

  #list(depth: number): JsonList {
    const items: Json[] = [];
    if (this.#opensEmpty(']')) return items;
    do {
      this.#skipSpace();
      items.push(this.#value(depth));
      this.#skipSpace();
    } while (this.#take(','));
    if (!this.#take(']')) throw this.#unexpected('"," or "]"');
    return items;
  }

  /** Consumes the opening bracket, and the closing one when nothing stands between. */
  #opensEmpty(close: string): boolean {
    this.#at++;
    this.#skipSpace();
    return this.#take(close);
  }

  #string(): string {
    const start = this.#at;
    const end = this.#closingQuote();
    try {
      // Knows every escape, and refuses control characters.
      const value = JSON.parse(this.#text.slice(start, end + 1)) as string;
      this.#at = end + 1;
      return value;
    } catch {
      throw this.#problem('a string has an invalid escape or a control character');
    }
  }

  #closingQuote(): number {
    let end = this.#at;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end < 0) throw this.#problem('a string has no end');
    } while (this.#isEscaped(end));
    return end;
  }

  /** True behind an odd number of backslashes. */
  #isEscaped(position: number): boolean {
    let before = position - 1;
    while (this.#text[before] === '\\') before--;
    return (position - before) % 2 === 0;
  }

  #wordOrNumber(): Json {
    const word = WORDS.find(([name]) => this.#text.startsWith(name, this.#at));
    if (word === undefined) return this.#number();
    const [name, value] = word;
    this.#at += name.length;
    return value;
  }

  #number(): JsonNumber {
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0];
    if (number === undefined) throw this.#unexpected('a value');
    this.#at += number.length;
    return { number };
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
  }

  #unexpected(expected: string): SluiceError {
    const got = this.#text[this.#at];
    return this.#problem(
      `expected ${expected}, got ${got === undefined ? 'the end' : JSON.stringify(got)}`,
    );
  }

  #problem(message: string): SluiceError {
    const before = this.#text.slice(0, this.#at).split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    return new SluiceError('FORMAT_CORRUPT', `line ${line}, column ${column}: ${message}`, {
      context: { line, column },
    });
  }
}
