/** Where a text stops being JSON. */
export interface JsonProblem {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  readonly message: string;
}

/**
 * The first place at which a text is not JSON, or null. The engine's own message names no place for most errors.
 * Source: RFC 8259.
 */
export function findJsonProblem(text: string): JsonProblem | null {
  const scanner = new JsonScanner(text);
  const problem = scanner.scan();
  if (problem === null) return null;
  const before = text.slice(0, problem.offset).split('\n');
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    message: problem.message,
  };
}

interface Problem {
  readonly offset: number;
  readonly message: string;
}

/** Deeper nesting ends the stack of a recursive reader; Lambda's own events stay far below. */
const MAX_DEPTH = 1000;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
/** A text's characters up to the first that may not stand in it. */
const TEXT = /(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy;
const BLANKS = /[ \t\r\n]*/y;

class JsonScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): Problem | null {
    try {
      this.#value(0);
      this.#skip(BLANKS);
      if (this.#at < this.#text.length) this.#fail('the end');
      return null;
    } catch (error) {
      if (error instanceof JsonFault) return { offset: error.offset, message: error.message };
      throw error;
    }
  }

  #value(depth: number): void {
    if (depth > MAX_DEPTH) this.#fail(`at most ${MAX_DEPTH} levels`);
    this.#skip(BLANKS);
    const first = this.#text[this.#at];
    if (first === '{') this.#object(depth);
    else if (first === '[') this.#list(depth);
    else if (first === '"') this.#string();
    else if (!this.#skip(WORD) && !this.#skip(NUMBER)) this.#fail('a value');
  }

  #object(depth: number): void {
    this.#at += 1;
    if (this.#take('}')) return;
    do {
      this.#skip(BLANKS);
      if (this.#text[this.#at] !== '"') this.#fail('a name in double quotes');
      this.#string();
      if (!this.#take(':')) this.#fail('a colon');
      this.#value(depth + 1);
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail('a comma or }');
  }

  #list(depth: number): void {
    this.#at += 1;
    if (this.#take(']')) return;
    do this.#value(depth + 1);
    while (this.#take(','));
    if (!this.#take(']')) this.#fail('a comma or ]');
  }

  #string(): void {
    this.#at += 1;
    this.#skip(TEXT);
    if (this.#text[this.#at] !== '"') this.#fail('the end of the text, "');
    this.#at += 1;
  }

  /** Steps over blanks and the sign, if it is next. */
  #take(sign: string): boolean {
    this.#skip(BLANKS);
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  /** Steps over what the sticky pattern matches; true when that was something. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const length = pattern.exec(this.#text)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }

  #fail(expected: string): never {
    const found = this.#text.codePointAt(this.#at);
    const got = found === undefined ? 'the end' : JSON.stringify(String.fromCodePoint(found));
    throw new JsonFault(this.#at, `expected ${expected}, got ${got}`);
  }
}

class JsonFault extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}
