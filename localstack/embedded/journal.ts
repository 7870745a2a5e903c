import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import { SluiceError } from '#core/errors.ts';

const NEW_LINE = 0x0a;
/** `xxxxxxxx ` in front of every record. */
const CHECKSUM_CHARS = 8;
const REWRITE_CHUNK_CHARS = 1024 * 1024;

/**
 * Append-only file of JSON records, one per line:
 *
 *   line => crc32-of-json (8 hex digits) " " json "\n"
 *
 * A record whose `append` returned survives the death of the process at any moment. A record that was
 * being written then is whole or gone: the torn end of the file is cut off at the next start. The file is
 * not synced to the disk per record, so a power cut may take the last seconds.
 */
export interface Journal {
  /** Records in the file, live or superseded. */
  readonly recordCount: number;
  /** Throws, and leaves the file as it was, when the records cannot be written whole. */
  append(records: readonly unknown[]): void;
  /** As `append` of one record; tells where it stands. */
  appendAt(record: unknown): JournalPlace;
  /** A record of the file, where `append` or the replay said it stands. */
  read(place: JournalPlace): unknown;
  /** Replaces the file by these records, atomically. Throws, and keeps the old file, when that fails. */
  rewrite(
    records: Iterable<unknown>,
    /** Gets the new places of the records, in order. */
    onRewritten?: (places: readonly JournalPlace[]) => void,
  ): void;
  /** Of the file. */
  readonly sizeBytes: number;
  close(): void;
}

/** Where a line stands in the file, until the next `rewrite`. */
export interface JournalPlace {
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface JournalFormat {
  /** Written with the version as the first line, so that a file of another format is never replayed. */
  readonly name: string;
  readonly version: number;
  /** What the file is to people: `S3 index`. */
  readonly title: string;
}

/**
 * Opens or creates a journal and calls `onRecord` for every record it holds, in order.
 * Throws FORMAT_CORRUPT when a line is damaged: only an unfinished last line is a torn write.
 */
export function openJournal(
  file: string,
  format: JournalFormat,
  onRecord: (record: unknown, place: JournalPlace) => void,
): Journal {
  const nextFile = `${file}.next`;
  rmSync(nextFile, { force: true });
  let recordCount = 0;
  let sizeBytes = replay({ file, format }, (record, place) => {
    recordCount += 1;
    onRecord(record, place);
  });
  let broken = false;
  let descriptor = openSync(file, 'a+');
  ftruncateSync(descriptor, sizeBytes);
  if (sizeBytes === 0) sizeBytes += writeWhole(descriptor, encodeLine(firstLine(format)));

  const appendLines = (lines: Buffer, count: number): void => {
    if (broken) throw new Error(`${file} could not be repaired after a failed write`);
    try {
      sizeBytes += writeWhole(descriptor, lines);
    } catch (error) {
      broken = !truncateQuietly(descriptor, sizeBytes);
      throw error;
    }
    recordCount += count;
  };

  return {
    get recordCount() {
      return recordCount;
    },
    get sizeBytes() {
      return sizeBytes;
    },
    append(records) {
      appendLines(Buffer.from(records.map(encodeLine).join('')), records.length);
    },
    appendAt(record) {
      const offset = sizeBytes;
      const line = Buffer.from(encodeLine(record));
      appendLines(line, 1);
      return { offset, sizeBytes: line.length };
    },
    read(place) {
      const line = Buffer.allocUnsafe(place.sizeBytes);
      const length = readSync(descriptor, line, 0, line.length, place.offset);
      const read = length === line.length ? readLine(line, 0) : null;
      if (read === null) throw damaged({ file, format }, place.offset);
      return read.record;
    },
    rewrite(records, onRewritten) {
      const next = replaceFile({ file, nextFile, format }, records, onRewritten !== undefined);
      closeSync(descriptor);
      ({ descriptor, recordCount } = next);
      sizeBytes = fstatSync(descriptor).size;
      broken = false;
      onRewritten?.(next.places);
    },
    close() {
      closeSync(descriptor);
    },
  };
}

/** Feeds every record to `onRecord`; returns the length of the intact beginning of the file. */
function replay(
  { file, format }: JournalFile,
  onRecord: (record: unknown, place: JournalPlace) => void,
): number {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  let position = 0;
  while (position < bytes.length) {
    const line = readLine(bytes, position);
    if (line === null) {
      // A write that was cut off leaves a beginning of a line, never a whole one: anything else is lost data.
      if (bytes.indexOf(NEW_LINE, position) >= 0) throw damaged({ file, format }, position);
      return position;
    }
    if (position === 0) requireFormat(line.record, { file, format });
    else onRecord(line.record, { offset: position, sizeBytes: line.end - position });
    position = line.end;
  }
  return position;
}

/** A record and the offset behind it, or null when the line is cut off or its checksum is wrong. */
function readLine(bytes: Buffer, start: number): { record: unknown; end: number } | null {
  const newLine = bytes.indexOf(NEW_LINE, start);
  if (newLine < start + CHECKSUM_CHARS + 1) return null;
  const json = bytes.subarray(start + CHECKSUM_CHARS + 1, newLine);
  const checksum = bytes.toString('latin1', start, start + CHECKSUM_CHARS + 1);
  if (checksum !== `${checksumOf(json)} `) return null;
  return { record: JSON.parse(json.toString('utf8')), end: newLine + 1 };
}

interface JournalFile {
  readonly file: string;
  readonly format: JournalFormat;
}

function damaged({ file, format }: JournalFile, position: number): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `the ${format.title} ${file} is damaged at byte ${position}, expected a record with a matching checksum; restore the state folder from a copy or remove it`,
    { context: { position } },
  );
}

function firstLine({ name, version }: JournalFormat): unknown {
  return { format: name, version };
}

function requireFormat(record: unknown, { file, format }: JournalFile): void {
  const expected = JSON.stringify(firstLine(format));
  if (JSON.stringify(record) === expected) return;
  throw new SluiceError(
    'FORMAT_CORRUPT',
    `${file} starts with ${JSON.stringify(record)}, expected ${expected}; it was written by another version: use another state folder`,
  );
}

function encodeLine(record: unknown): string {
  const json = JSON.stringify(record);
  return `${checksumOf(json)} ${json}\n`;
}

function checksumOf(json: string | Buffer): string {
  return crc32(json).toString(16).padStart(CHECKSUM_CHARS, '0');
}

function replaceFile(
  { file, nextFile, format }: JournalFile & { readonly nextFile: string },
  records: Iterable<unknown>,
  keepsPlaces: boolean,
): { descriptor: number; recordCount: number; places: readonly JournalPlace[] } {
  const descriptor = openSync(nextFile, 'a+');
  const places: JournalPlace[] = [];
  let recordCount = 0;
  try {
    let pending = encodeLine(firstLine(format));
    let offset = Buffer.byteLength(pending);
    for (const record of records) {
      const line = encodeLine(record);
      const sizeBytes = Buffer.byteLength(line);
      if (keepsPlaces) places.push({ offset, sizeBytes });
      offset += sizeBytes;
      pending += line;
      recordCount += 1;
      if (pending.length < REWRITE_CHUNK_CHARS) continue;
      writeWhole(descriptor, pending);
      pending = '';
    }
    writeWhole(descriptor, pending);
    // Without this a power cut after the rename could leave an empty journal where a full one was.
    fsyncSync(descriptor);
    renameSync(nextFile, file);
  } catch (error) {
    closeSync(descriptor);
    rmSync(nextFile, { force: true });
    throw error;
  }
  return { descriptor, recordCount, places };
}

/** A write call may take fewer bytes than it was given. Returns the length in bytes. */
function writeWhole(descriptor: number, content: string | Buffer): number {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  return bytes.length;
}

function truncateQuietly(descriptor: number, sizeBytes: number): boolean {
  try {
    ftruncateSync(descriptor, sizeBytes);
    return true;
  } catch {
    // The caller refuses all further appends: half a line is left behind, cut off at the next start.
    return false;
  }
}
