import { createHash, type Hash, randomBytes } from 'node:crypto';
import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Contents up to this size are written in one go; larger ones stream through a file handle. */
const ONE_WRITE_BYTES = 256 * 1024;
/** Folders the files spread over, by the first two digits of their name. */
const FOLDER_NAME = /^[0-9a-f]{2}$/;

/** A content file being written. It belongs to no object until the index names it. */
export interface BlobWriter {
  write(bytes: Buffer): Promise<void>;
  /** Completes the file; the name stays unknown to readers until the index is changed. */
  finish(): Promise<WrittenBlob>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

export interface WrittenBlob {
  readonly blob: string;
  readonly sizeBytes: number;
  readonly md5: Buffer;
}

/**
 * Content files with generated names. A file is written once, before the index names it, and removed
 * after the index has stopped naming it; in between it never changes, so readers open it by path.
 */
export interface BlobFiles {
  pathOf(blob: string): string;
  startWriter(): BlobWriter;
  /** A second name for the same bytes: constant time where the file system has hard links. */
  duplicate(blob: string): string;
  /** Best effort: a file that cannot be removed now is an orphan that the next start removes. */
  remove(blob: string): void;
  /** Removes every file that is not in use; returns the names in use that have no file. */
  sweep(inUse: ReadonlySet<string>): readonly string[];
}

export function openBlobFiles(folder: string): BlobFiles {
  mkdirSync(folder, { recursive: true });
  const madeFolders = new Set(readdirSync(folder));

  const pathOf = (blob: string): string => join(folder, blob.slice(0, 2), blob);
  const newBlob = (): string => {
    const blob = randomBytes(16).toString('hex');
    const subFolder = blob.slice(0, 2);
    if (!madeFolders.has(subFolder)) mkdirSync(join(folder, subFolder), { recursive: true });
    madeFolders.add(subFolder);
    return blob;
  };
  return {
    pathOf,
    startWriter: () => startWriter(newBlob(), pathOf),
    duplicate(blob) {
      const copy = newBlob();
      try {
        linkSync(pathOf(blob), pathOf(copy));
      } catch {
        // No hard links here (or too many of this file): copy the bytes, as a clone where that exists.
        copyFileSync(pathOf(blob), pathOf(copy), constants.COPYFILE_FICLONE);
      }
      return copy;
    },
    remove(blob) {
      rm(pathOf(blob), { force: true }).catch(() => undefined);
    },
    sweep: (inUse) => sweep(folder, inUse),
  };
}

function startWriter(blob: string, pathOf: (blob: string) => string): BlobWriter {
  const path = pathOf(blob);
  const md5: Hash = createHash('md5');
  let sizeBytes = 0;
  let held: Buffer[] = [];
  let handle: FileHandle | null = null;
  const flush = async (): Promise<void> => {
    handle ??= await open(path, 'wx');
    const bytes = held.length === 1 ? (held[0] ?? Buffer.alloc(0)) : Buffer.concat(held);
    held = [];
    await handle.writeFile(bytes);
  };
  return {
    async write(bytes) {
      md5.update(bytes);
      sizeBytes += bytes.length;
      held.push(bytes);
      if (handle !== null || sizeBytes > ONE_WRITE_BYTES) await flush();
    },
    async finish() {
      // A small file in one synchronous write costs less than three trips through the thread pool.
      if (handle === null) writeFileSync(path, Buffer.concat(held), { flag: 'wx' });
      await handle?.close();
      return { blob, sizeBytes, md5: md5.digest() };
    },
    async discard() {
      await handle?.close();
      await rm(path, { force: true });
    },
  };
}

function sweep(folder: string, inUse: ReadonlySet<string>): readonly string[] {
  const missing = new Set(inUse);
  for (const subFolder of readdirSync(folder)) {
    if (!FOLDER_NAME.test(subFolder)) continue;
    for (const name of readdirSync(join(folder, subFolder))) {
      if (!missing.delete(name)) rmSync(join(folder, subFolder, name), { force: true });
    }
  }
  return [...missing];
}
