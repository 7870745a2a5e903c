import { type FileEncoding, MAX_KEPT_BYTES } from './file-format.ts';
import { type DecodeText, isUtf16, textDecoderOf, utf16Length } from './file-text.ts';

export interface ScanOptions {
  readonly encoding: FileEncoding;
  /** Null: a line is one cell. */
  readonly delimiter: string | null;
  readonly quote: string | null;
  readonly maxLineBytes: number;
  /** Where the first byte stands in the file. */
  readonly offset: number;
}

/** What stands between two line breaks outside quotes; empty lines belong to the row after them. */
export interface ScannedRow {
  readonly startByte: number;
  readonly endByte: number;
  readonly raw: Uint8Array;
  readonly cells: readonly string[];
  readonly problem: string | null;
}

const LF = 0x0a;
const CR = 0x0d;
const NUL = 0;
/** No byte has this value. */
const NONE = -1;

type State = 'cell' | 'plain' | 'quoted' | 'closed' | 'broken' | 'after-cr' | 'skipping';

const STRAY_QUOTE = 'a quote inside a value that does not begin with one';
const AFTER_QUOTE = 'text after the closing quote of a value';
const OPEN_QUOTE = 'a quote is opened and never closed';
const NUL_BYTE = 'a NUL byte';
const SMALLEST_BUFFER = 65_536;

/**
 * Cuts bytes into rows, whatever the chunks. Source: RFC 4180, with CR, LF and CRLF as line breaks. Holds one row at
 * most: a row longer than `maxLineBytes` is a problem and its bytes are dropped up to the next line break. A quote that
 * is still open then, or at the end of the file, is a problem of the line that opens it: that line is a row by
 * itself, and reading goes on with the line after it. Every byte belongs to exactly one row, but for empty lines at the end.
 */
export class RowScanner {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #maxBytes: number;
  /** Of a row that is too long. */
  readonly #keptBytes: number;
  readonly #decode: DecodeText;
  readonly #isUtf16: boolean;
  #buffer: Buffer = Buffer.allocUnsafe(SMALLEST_BUFFER);
  /** Begin of the row, next byte to look at, end of what is there. */
  #start = 0;
  #at = 0;
  #end = 0;
  /** Place of `#start` in the file. */
  #offset: number;
  /** End of the row before. */
  #rowStart: number;
  #state: State = 'cell';
  /** Of the cell at hand, relative to `#start`. */
  #from = 0;
  #hasEscapes = false;
  #isQuoted = false;
  #seen = 0;
  #problem: string | null = null;
  /** Behind the first line break inside the open quote, relative to `#start`; 0 when there is none. */
  #firstBreak = 0;
  /** Begin, end and escapes of each cell, relative to `#start`. */
  #cells: number[] = [];
  /** First bytes of a row that is being skipped. */
  #kept: Uint8Array | null = null;

  constructor(options: ScanOptions) {
    this.#delimiter = options.delimiter?.charCodeAt(0) ?? NONE;
    this.#quote = options.quote?.charCodeAt(0) ?? NONE;
    this.#maxBytes = options.maxLineBytes;
    this.#keptBytes = Math.min(options.maxLineBytes, MAX_KEPT_BYTES);
    this.#decode = textDecoderOf(options.encoding);
    this.#isUtf16 = isUtf16(options.encoding);
    this.#offset = options.offset;
    this.#rowStart = options.offset;
  }

  /** Rows that end in the chunk. */
  *push(chunk: Uint8Array): Generator<ScannedRow, void> {
    this.#append(chunk);
    yield* this.#rows(false);
  }

  /** The last row, when no line break ends it. */
  *finish(): Generator<ScannedRow, void> {
    yield* this.#rows(true);
  }

  *#rows(isLast: boolean): Generator<ScannedRow, void> {
    for (;;) {
      const row = this.#scan(isLast);
      if (row === null) return;
      if (row !== 'empty') yield row;
    }
  }

  #append(chunk: Uint8Array): void {
    const held = this.#end - this.#start;
    if (this.#end + chunk.length > this.#buffer.length) {
      const needed = held + chunk.length;
      const target =
        needed > this.#buffer.length
          ? Buffer.allocUnsafe(Math.max(needed, 2 * held))
          : this.#buffer;
      this.#buffer.copy(target, 0, this.#start, this.#end);
      this.#buffer = target;
      this.#at -= this.#start;
      this.#start = 0;
      this.#end = held;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next row; null when more bytes are needed, or none are left. */
  #scan(isLast: boolean): ScannedRow | 'empty' | null {
    for (;;) {
      const row = this.#at < this.#end ? this.#step() : isLast ? this.#stepAtEnd() : null;
      if (row !== undefined) {
        if (row === null) this.#dropLongRow();
        return row;
      }
    }
  }

  /** Undefined: go on. */
  #step(): ScannedRow | 'empty' | undefined {
    switch (this.#state) {
      case 'cell':
        return this.#beginCell();
      case 'plain':
        return this.#scanPlain();
      case 'quoted':
        return this.#scanQuoted();
      case 'closed':
        return this.#afterQuote();
      case 'after-cr':
        if (this.#buffer[this.#at] === LF) this.#at++;
        return this.#endRow(this.#at);
      default:
        return this.#scanToBreak();
    }
  }

  #stepAtEnd(): ScannedRow | 'empty' | null | undefined {
    const isNothing = this.#at === this.#start && this.#cells.length === 0 && this.#kept === null;
    switch (this.#state) {
      case 'cell':
        if (isNothing) return null;
        this.#from = this.#at - this.#start;
        this.#hasEscapes = false;
        this.#endCell(this.#at);
        return this.#endRow(this.#at);
      case 'plain':
        this.#endCell(this.#at);
        return this.#endRow(this.#at);
      case 'closed':
        this.#endCell(this.#at - 1);
        return this.#endRow(this.#at);
      case 'quoted':
        return this.#abandonQuote();
      case 'skipping':
        return isNothing ? null : this.#endRow(this.#at);
      default:
        return this.#endRow(this.#at);
    }
  }

  #beginCell(): undefined {
    this.#hasEscapes = false;
    this.#isQuoted = this.#buffer[this.#at] === this.#quote;
    if (this.#isQuoted) {
      this.#at++;
      this.#firstBreak = 0;
    }
    this.#state = this.#isQuoted ? 'quoted' : 'plain';
    this.#from = this.#at - this.#start;
  }

  #scanPlain(): undefined {
    const buffer = this.#buffer;
    const end = this.#end;
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    let at = this.#at;
    let seen = this.#seen;
    let byte = NONE;
    for (; at < end; at++) {
      byte = buffer[at] as number;
      if (byte === delimiter || byte === LF || byte === CR || byte === quote || byte === NUL) break;
      seen |= byte;
    }
    this.#seen = seen;
    this.#at = at;
    if (at === end) return;
    if (byte === NUL || byte === quote) {
      this.#problem ??= byte === NUL ? NUL_BYTE : STRAY_QUOTE;
      this.#at++;
      return;
    }
    this.#endCell(at);
    this.#passSeparator(byte);
  }

  /** Behind a delimiter a cell begins; LF ends the row too, but as CR does, in the next step. */
  #passSeparator(byte: number): void {
    if (byte === this.#delimiter) {
      this.#at++;
      this.#state = 'cell';
      return;
    }
    if (byte === CR) this.#at++;
    this.#state = 'after-cr';
  }

  #scanQuoted(): ScannedRow | undefined {
    const buffer = this.#buffer;
    // Where the row is too long does not depend on how much of it is here.
    const limit = this.#start + this.#maxBytes + 1;
    const end = Math.min(this.#end, limit);
    for (; this.#at < end; this.#at++) {
      const byte = buffer[this.#at] as number;
      if (byte === this.#quote) {
        this.#at++;
        this.#state = 'closed';
        return;
      }
      this.#seen |= byte;
      if (byte === NUL) this.#problem ??= NUL_BYTE;
      else if ((byte === LF || byte === CR) && this.#firstBreak === 0 && this.#at + 1 < limit) {
        this.#firstBreak = this.#at + 1 - this.#start;
      }
    }
    if (this.#at < limit) return;
    if (this.#firstBreak > 0) return this.#abandonQuote();
    this.#problem = OPEN_QUOTE;
    this.#state = 'broken';
  }

  /** The line that opened the quote is a row; the lines after it are read again. */
  #abandonQuote(): ScannedRow | undefined {
    if (this.#firstBreak === 0) {
      this.#problem = OPEN_QUOTE;
      this.#state = 'broken';
      return this.#at >= this.#end ? (this.#endRow(this.#at) as ScannedRow) : undefined;
    }
    let end = this.#start + this.#firstBreak;
    const isCrLf = this.#buffer[end - 1] === CR && this.#buffer[end] === LF && end < this.#end;
    if (isCrLf) end++;
    this.#problem = OPEN_QUOTE;
    return this.#endRow(end) as ScannedRow;
  }

  #afterQuote(): undefined {
    const byte = this.#buffer[this.#at] as number;
    if (byte === this.#quote) {
      this.#hasEscapes = true;
      this.#at++;
      this.#state = 'quoted';
      return;
    }
    if (byte === this.#delimiter || byte === LF || byte === CR) {
      this.#endCell(this.#at - 1);
      this.#passSeparator(byte);
      return;
    }
    this.#problem ??= AFTER_QUOTE;
    this.#state = 'broken';
  }

  /** A row that is none any more ends with its line. */
  #scanToBreak(): undefined {
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#buffer[this.#at];
      if (byte === LF || byte === CR) {
        this.#passSeparator(byte);
        return;
      }
    }
  }

  #endCell(at: number): void {
    this.#cells.push(this.#from, at - this.#start, this.#hasEscapes ? 1 : 0);
  }

  /** Once a row is too long its bytes need not be held. */
  #dropLongRow(): void {
    if (this.#state === 'quoted' || this.#state === 'after-cr') return;
    if (this.#kept === null) {
      if (this.#at - this.#start <= this.#maxBytes + 1) return;
      this.#kept = this.#firstBytes();
      this.#state = 'skipping';
    }
    this.#advance(this.#at);
  }

  #endRow(end: number): ScannedRow | 'empty' {
    let contentEnd = end;
    if (contentEnd > this.#start && this.#buffer[contentEnd - 1] === LF) contentEnd--;
    if (contentEnd > this.#start && this.#buffer[contentEnd - 1] === CR) contentEnd--;
    const isEmpty = contentEnd === this.#start && this.#kept === null;
    const content = isEmpty ? null : this.#rowContent(contentEnd);
    this.#advance(end);
    this.#at = end;
    this.#state = 'cell';
    this.#cells = [];
    this.#seen = 0;
    this.#problem = null;
    this.#kept = null;
    this.#firstBreak = 0;
    if (content === null) return 'empty';
    const startByte = this.#rowStart;
    this.#rowStart = this.#offset;
    return { startByte, endByte: this.#offset, ...content };
  }

  #rowContent(end: number): Pick<ScannedRow, 'raw' | 'cells' | 'problem'> {
    if (this.#kept !== null || end - this.#start > this.#maxBytes) {
      const raw = this.#kept ?? this.#firstBytes();
      const problem = `longer than ${this.#maxBytes} bytes (max_line); the first ${raw.length} are kept`;
      return { raw, cells: [], problem };
    }
    const raw = Buffer.from(this.#buffer.subarray(this.#start, end));
    if (this.#problem !== null) return { raw, cells: [], problem: this.#problem };
    const cells = this.#texts(end);
    if (cells === null)
      return { raw, cells: [], problem: 'bytes that are no text in the encoding' };
    return { raw, cells, problem: null };
  }

  #firstBytes(): Uint8Array {
    return Buffer.from(this.#buffer.subarray(this.#start, this.#start + this.#keptBytes));
  }

  #texts(end: number): readonly string[] | null {
    const start = this.#start;
    const isAscii = this.#seen < 0x80;
    // One text for the row and pieces of it: decoding cell by cell costs several times as much.
    const row = isAscii ? this.#buffer.toString('latin1', start, end) : '';
    const texts: string[] = [];
    for (let index = 0; index < this.#cells.length; index += 3) {
      const from = this.#cells[index] as number;
      const to = this.#cells[index + 1] as number;
      const text = isAscii
        ? row.slice(from, to)
        : this.#decode(this.#buffer, start + from, start + to);
      if (text === null) return null;
      texts.push(this.#cells[index + 2] === 1 ? this.#unescape(text) : text);
    }
    return texts;
  }

  #unescape(text: string): string {
    const quote = String.fromCharCode(this.#quote);
    return text.replaceAll(quote + quote, quote);
  }

  #advance(to: number): void {
    this.#offset += this.#isUtf16
      ? 2 * utf16Length(this.#buffer, this.#start, to)
      : to - this.#start;
    this.#start = to;
  }
}
