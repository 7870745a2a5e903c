import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ObjectFile } from '#embedded/services.ts';

/** An object as the store describes it before its bytes are fetched. */
export interface ObjectHead {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface ObjectCache {
  /** Local copy of this very version of the object; `fetch` is asked for the bytes where there is none yet. */
  fileOf(head: ObjectHead, fetch: () => Promise<Readable>): Promise<ObjectFile>;
}

/** Beyond it the copies that were not asked for lately go. */
const DEFAULT_LIMIT_BYTES = 2 * 1024 ** 3;
/** A query may open its files for as long as Athena lets a query run. Source: Athena service quotas, DML query timeout. */
const IN_USE_MS = 30 * 60_000;

interface Copy {
  readonly file: Promise<ObjectFile>;
  readonly sizeBytes: number;
  usedMs: number;
}

/**
 * Copies of objects on this machine: the query engine reads local files. A copy is named by its object's ETag, so an
 * object that is overwritten is fetched anew. The folder starts empty, because nothing says whether an old copy is whole.
 */
export function openObjectCache(
  folder: string,
  options: { readonly nowMs?: () => number; readonly limitBytes?: number } = {},
): ObjectCache {
  const { nowMs = Date.now, limitBytes = DEFAULT_LIMIT_BYTES } = options;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // In the order of their last use.
  const copies = new Map<string, Copy>();
  let totalBytes = 0;

  const forget = (name: string): void => {
    totalBytes -= copies.get(name)?.sizeBytes ?? 0;
    copies.delete(name);
    rmSync(path.join(folder, name), { force: true });
  };
  const makeRoom = (): void => {
    for (const [name, { usedMs }] of copies) {
      if (totalBytes <= limitBytes || usedMs > nowMs() - IN_USE_MS) return;
      forget(name);
    }
  };
  return {
    fileOf(head, fetch) {
      const name = copyName(head);
      const known = copies.get(name);
      if (known !== undefined) {
        copies.delete(name);
        copies.set(name, { ...known, usedMs: nowMs() });
        return known.file;
      }
      const file = fetchCopy(path.join(folder, name), head, fetch);
      copies.set(name, { file, sizeBytes: head.sizeBytes, usedMs: nowMs() });
      totalBytes += head.sizeBytes;
      makeRoom();
      // A fetch that failed must not be what the next one gets.
      file.catch(() => forget(name));
      return file;
    },
  };
}

function copyName({ bucket, key, etag }: ObjectHead): string {
  return createHash('sha256').update(`${bucket}/${key}\n${etag}`).digest('hex');
}

async function fetchCopy(
  file: string,
  head: ObjectHead,
  fetch: () => Promise<Readable>,
): Promise<ObjectFile> {
  const partial = `${file}.${randomUUID()}`;
  const writer = createWriteStream(partial);
  try {
    await pipeline(await fetch(), writer);
    if (writer.bytesWritten !== head.sizeBytes) {
      throw new Error(
        `s3://${head.bucket}/${head.key}: ${writer.bytesWritten} of ${head.sizeBytes} bytes arrived`,
      );
    }
    renameSync(partial, file);
  } catch (error) {
    writer.destroy();
    rmSync(partial, { force: true });
    throw error;
  }
  return { path: file, sizeBytes: head.sizeBytes, etag: head.etag, modifiedMs: head.modifiedMs };
}
