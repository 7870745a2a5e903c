/**
 * A list of JSON values, one per line, that is read and written again and again while hardly any line changes.
 * What was parsed before is not parsed again, and goes back byte by byte: the same bytes give the same object.
 * Exact, since a JSON text has no raw line break inside a string: a line is a whole value or the text is not ours.
 */
export interface LineBlock<T extends object> {
  /**
   * Reads lines from `start` up to `close`, which stands at the beginning of a line. Null when the bytes are not laid
   * out like this. Throws what `parse` throws for a line, and TypeError for bytes that are no UTF-8.
   */
  read(bytes: Buffer, start: number, close: Uint8Array): LinesRead<T> | null;
  /** Inverse of `read`, without the closing; in pieces. */
  write(items: readonly T[]): readonly Uint8Array[];
}

export interface LinesRead<T> {
  readonly items: readonly T[];
  /** Where the closing starts. */
  readonly end: number;
}

/** Lines that are compared at once, when they were all known before. */
const CHUNK_LINES = 64;
/** Bytes of lines remembered in one of two generations: a thousand snapshots are three million. */
const GENERATION_BYTES = 8_000_000;
/** Of a line's beginning and of its end, to find it by. */
const KEY_BYTES = 40;
const NEWLINE = 0x0a;
const COMMA = 0x2c;
const SEPARATOR = Buffer.from(',\n');
const LAST = Buffer.from('\n');

interface Chunk<T> {
  readonly bytes: Uint8Array;
  readonly items: readonly T[];
}

interface Line<T> {
  readonly bytes: Uint8Array;
  readonly item: T;
}

/** `parse` gets a line without its separator and gives an object that nobody changes; `format` is its inverse. */
export function createLineBlock<T extends object>(options: {
  readonly parse: (line: string) => T;
  readonly format: (item: T) => string;
}): LineBlock<T> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const known = createLineMemory<T>();
  const bytesOf = new WeakMap<T, Uint8Array>();
  /** By their first item. */
  const chunks = new WeakMap<T, Chunk<T>>();

  const itemOf = (line: Buffer): { readonly item: T; readonly isNew: boolean } => {
    const key = keyOf(line);
    const before = known.get(key);
    if (before !== undefined && line.equals(before.bytes))
      return { item: before.item, isNew: false };
    const item = options.parse(decoder.decode(line));
    const bytes = Uint8Array.from(line);
    known.set(key, { bytes, item });
    bytesOf.set(item, bytes);
    return { item, isNew: true };
  };

  return {
    read: (bytes, start, close) => {
      const items: T[] = [];
      let run: T[] = [];
      let runStart = start;
      let at = start;
      let isOpen = true;
      while (!holds(bytes, close, at)) {
        const lineEnd = bytes.indexOf(NEWLINE, at);
        if (lineEnd < 0 || !isOpen) return null;
        const line = bytes.subarray(at, bytes[lineEnd - 1] === COMMA ? lineEnd - 1 : lineEnd);
        const { item, isNew } = itemOf(line);
        const chunk = chunks.get(item);
        const isChunk = chunk !== undefined && holds(bytes, chunk.bytes, at);
        const end = at + (isChunk ? chunk.bytes.length : line.length);
        isOpen = bytes[end] === COMMA;
        at = end + (isOpen ? 2 : 1);
        if (bytes[at - 1] !== NEWLINE) return null;
        if (isChunk) items.push(...chunk.items);
        else items.push(item);
        if (isChunk || isNew) {
          run = [];
          runStart = at;
        } else if (run.push(item) === CHUNK_LINES) {
          const [first = item] = run;
          chunks.set(first, { bytes: Uint8Array.from(bytes.subarray(runStart, end)), items: run });
          run = [];
          runStart = at;
        }
      }
      return isOpen && items.length > 0 ? null : { items, end: at };
    },
    write: (items) => {
      const pieces: Uint8Array[] = [];
      for (let index = 0; index < items.length; ) {
        const item = items[index] as T;
        const chunk = chunks.get(item);
        const isChunk = chunk !== undefined && standsAt(chunk, items, index);
        pieces.push(
          isChunk ? chunk.bytes : (bytesOf.get(item) ?? Buffer.from(options.format(item))),
        );
        index += isChunk ? chunk.items.length : 1;
        pieces.push(index < items.length ? SEPARATOR : LAST);
      }
      return pieces;
    },
  };
}

function holds(bytes: Buffer, part: Uint8Array, at: number): boolean {
  const end = at + part.length;
  return end <= bytes.length && bytes.compare(part, 0, part.length, at, end) === 0;
}

function standsAt<T>(chunk: Chunk<T>, items: readonly T[], start: number): boolean {
  return chunk.items.every((item, offset) => items[start + offset] === item);
}

/** Tells lines apart well enough to find one; whether it is the same is decided by all its bytes. */
function keyOf(line: Buffer): string {
  const tail = Math.max(KEY_BYTES, line.length - KEY_BYTES);
  return `${line.length} ${line.toString('latin1', 0, KEY_BYTES)} ${line.toString('latin1', tail)}`;
}

/** Lines by their key. What was not asked for while a generation filled up is forgotten with the next. */
function createLineMemory<T>(): {
  get(key: string): Line<T> | undefined;
  set(key: string, line: Line<T>): void;
} {
  let young = new Map<string, Line<T>>();
  let old = new Map<string, Line<T>>();
  let sizeBytes = 0;
  const set = (key: string, line: Line<T>): void => {
    if (sizeBytes > GENERATION_BYTES) {
      old = young;
      young = new Map();
      sizeBytes = 0;
    }
    young.set(key, line);
    sizeBytes += line.bytes.length;
  };
  return {
    get: (key) => {
      const line = young.get(key);
      if (line !== undefined) return line;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
  };
}
