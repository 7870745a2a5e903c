import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import { SluiceError } from '#core/errors.ts';

/** Written as the first line, so that a file of another format is never replayed. */
const FORMAT = { format: 'sluice-s3-index', version: 1 };
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
  /** Replaces the file by these records, atomically. Throws, and keeps the old file, when that fails. */
  rewrite(records: Iterable<unknown>): void;
  close(): void;
}

/**
 * Opens or creates a journal and calls `onRecord` for every record it holds, in order.
 * Throws FORMAT_CORRUPT when a line is damaged: only an unfinished last line is a torn write.
 */
export function openJournal(file: string, onRecord: (record: unknown) => void): Journal {
  const nextFile = `${file}.next`;
  rmSync(nextFile, { force: true });
  let recordCount = 0;
  let sizeBytes = replay(file, (record) => {
    recordCount += 1;
    onRecord(record);
  });
  let broken = false;
  let descriptor = openSync(file, 'a');
  ftruncateSync(descriptor, sizeBytes);
  if (sizeBytes === 0) sizeBytes += writeWhole(descriptor, encodeLine(FORMAT));

  return {
    get recordCount() {
      return recordCount;
    },
    append(records) {
      if (broken) throw new Error(`${file} could not be repaired after a failed write`);
      const lines = Buffer.from(records.map(encodeLine).join(''));
      try {
        sizeBytes += writeWhole(descriptor, lines);
      } catch (error) {
        broken = !truncateQuietly(descriptor, sizeBytes);
        throw error;
      }
      recordCount += records.length;
    },
    rewrite(records) {
      const next = replaceFile({ file, nextFile }, records);
      closeSync(descriptor);
      ({ descriptor, recordCount } = next);
      sizeBytes = fstatSync(descriptor).size;
      broken = false;
    },
    close() {
      closeSync(descriptor);
    },
  };
}

/** Feeds every record to `onRecord`; returns the length of the intact beginning of the file. */
function replay(file: string, onRecord: (record: unknown) => void): number {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  let position = 0;
  while (position < bytes.length) {
    const line = readLine(bytes, position);
    if (line === null) {
      requireTornTail(bytes, { file, position });
      return position;
    }
    if (position === 0) requireFormat(line.record, file);
    else onRecord(line.record);
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

/** A write that was cut off leaves a beginning of a line, never a whole one: anything else is lost data. */
function requireTornTail(
  bytes: Buffer,
  damage: { readonly file: string; readonly position: number },
): void {
  if (bytes.indexOf(NEW_LINE, damage.position) < 0) return;
  throw new SluiceError(
    'FORMAT_CORRUPT',
    `the S3 index ${damage.file} is damaged at byte ${damage.position}, expected a record with a matching checksum; restore the state folder from a copy or remove it`,
    { context: { position: damage.position } },
  );
}

function requireFormat(record: unknown, file: string): void {
  if (JSON.stringify(record) === JSON.stringify(FORMAT)) return;
  throw new SluiceError(
    'FORMAT_CORRUPT',
    `${file} starts with ${JSON.stringify(record)}, expected ${JSON.stringify(FORMAT)}; it was written by another version: use another state folder`,
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
  { file, nextFile }: { readonly file: string; readonly nextFile: string },
  records: Iterable<unknown>,
): { descriptor: number; recordCount: number } {
  const descriptor = openSync(nextFile, 'a');
  let recordCount = 0;
  try {
    let pending = encodeLine(FORMAT);
    for (const record of records) {
      pending += encodeLine(record);
      recordCount += 1;
      if (pending.length < REWRITE_CHUNK_CHARS) continue;
      writeWhole(descriptor, pending);
      pending = '';
    }
    writeWhole(descriptor, pending);
    // Without this a power cut after the rename could leave an empty journal where a full one was.
    fsyncSync(descriptor);
    renameSync(nextFile, file);
    return { descriptor, recordCount };
  } catch (error) {
    closeSync(descriptor);
    rmSync(nextFile, { force: true });
    throw error;
  }
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
