import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { type LogLine, parseLogLine } from './log-line.ts';

const SUFFIX = '.log';

/** Names of the logs in a folder, functions and the local cloud's own; none when there is no folder. */
export function logNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The lines of a log that is being written; a file that grew too large was put aside as `.log.1`. */
export class LogFile {
  readonly #file: string;
  #open: { readonly descriptor: number; readonly inode: number; readonly tail: LineTail } | null =
    null;

  constructor(folder: string, name: string) {
    this.#file = path.join(folder, `${name}${SUFFIX}`);
  }

  /** Every line so far; `readNew` goes on behind them. */
  readAll(): readonly LogLine[] {
    const before = readOrEmpty(`${this.#file}.1`).split('\n').slice(0, -1);
    return [...before.map(parseLogLine), ...this.readNew()];
  }

  /** Complete lines that came since the last call. */
  readNew(): readonly LogLine[] {
    const lines: LogLine[] = [];
    // Twice: once the file that was put aside meanwhile is read to its end, its successor is open.
    for (let file = 0; file < 2; file++) {
      this.#openFile();
      if (this.#open === null) return lines;
      lines.push(...this.#open.tail.read(this.#open.descriptor).map(parseLogLine));
      if (this.#isCurrent()) return lines;
      this.close();
    }
    return lines;
  }

  close(): void {
    if (this.#open !== null) closeSync(this.#open.descriptor);
    this.#open = null;
  }

  #openFile(): void {
    if (this.#open !== null) return;
    try {
      const descriptor = openSync(this.#file, 'r');
      const inode = fstatSync(descriptor).ino;
      this.#open = { descriptor, inode, tail: new LineTail() };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  #isCurrent(): boolean {
    const current = statSync(this.#file, { throwIfNoEntry: false });
    return current === undefined || current.ino === this.#open?.inode;
  }
}

const CHUNK_BYTES = 64 * 1024;

/** Reads a growing file line by line; a line without an end is kept until the rest comes. */
class LineTail {
  readonly #decoder = new StringDecoder('utf8');
  #position = 0;
  #rest = '';

  read(descriptor: number): string[] {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const texts = [this.#rest];
    for (;;) {
      const length = readSync(descriptor, chunk, 0, CHUNK_BYTES, this.#position);
      if (length === 0) break;
      this.#position += length;
      texts.push(this.#decoder.write(chunk.subarray(0, length)));
    }
    const lines = texts.join('').split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
