import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { SluiceError } from '#core/errors.ts';
import type { ObjectStat, StreamingObjectStore } from '#ports/object-store.ts';

const SCHEME = 'file://';
const READ_BYTES = 256 * 1024;
/** Files under way carry this prefix; a crash leaves them behind, and they are never listed. */
const TEMPORARY_PREFIX = '.sluice-put-';

interface ListedObject {
  readonly uri: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/**
 * ObjectStore on a local file system: the URI is `file://` and an absolute path, taken literally
 * (nothing is percent-decoded). A write is complete and flushed to disk or absent, also after a crash; `ifNoneMatch` holds
 * between processes. Unlike in S3, a key cannot also be the folder of other keys.
 */
export class FsObjectStore implements StreamingObjectStore {
  async get(uri: string): Promise<Uint8Array> {
    const file = pathOf(uri);
    try {
      return await readFile(file);
    } catch (cause) {
      if (!isMissing(cause)) throw unavailable(uri, cause);
      throw new SluiceError('OBJECT_NOT_FOUND', `${uri}: no such object`, { context: { uri } });
    }
  }

  async head(uri: string): Promise<{ readonly sizeBytes: number } | null> {
    const stats = await stat(pathOf(uri)).catch((cause: unknown) => {
      if (isMissing(cause)) return null;
      throw unavailable(uri, cause);
    });
    return stats?.isFile() ? { sizeBytes: stats.size } : null;
  }

  async stat(
    uri: string,
    options: { readonly versionId?: string } = {},
  ): Promise<ObjectStat | null> {
    refuseVersion(uri, options.versionId);
    const stats = await stat(pathOf(uri)).catch((cause: unknown) => {
      if (isMissing(cause)) return null;
      throw unavailable(uri, cause);
    });
    if (stats?.isFile() !== true) return null;
    return { sizeBytes: stats.size, modifiedMs: Math.floor(stats.mtimeMs) };
  }

  async *read(
    uri: string,
    options: { readonly offset?: number; readonly versionId?: string } = {},
  ): AsyncGenerator<Uint8Array, void> {
    refuseVersion(uri, options.versionId);
    const handle = await open(pathOf(uri), 'r').catch((cause: unknown) => {
      if (!isMissing(cause)) throw unavailable(uri, cause);
      throw new SluiceError('OBJECT_NOT_FOUND', `${uri}: no such object`, { context: { uri } });
    });
    // One open file is one version: a write replaces the name, not the file.
    try {
      if (!(await handle.stat()).isFile()) {
        throw new SluiceError('OBJECT_NOT_FOUND', `${uri}: no such object`, { context: { uri } });
      }
      for (let at = options.offset ?? 0; ; ) {
        const { bytesRead, buffer } = await handle.read({
          buffer: Buffer.allocUnsafe(READ_BYTES),
          position: at,
        });
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
        at += bytesRead;
      }
    } finally {
      await handle.close();
    }
  }

  async write(
    uri: string,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly sizeBytes: number }> {
    let sizeBytes = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        sizeBytes += chunk.length;
        yield chunk;
      }
    };
    await this.#replace(uri, counted(), {});
    return { sizeBytes };
  }

  async put(
    uri: string,
    body: Uint8Array,
    options: { readonly ifNoneMatch?: '*'; readonly contentType?: string } = {},
  ): Promise<void> {
    await this.#replace(uri, body, options);
  }

  async #replace(
    uri: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: { readonly ifNoneMatch?: '*' },
  ): Promise<void> {
    const target = pathOf(uri);
    const folder = path.dirname(target);
    const temporary = path.join(folder, `${TEMPORARY_PREFIX}${randomUUID()}`);
    await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
      throw unavailable(uri, cause);
    });
    try {
      await writeFlushed(temporary, body);
      // link() fails when the name is taken, rename() replaces it: both in one step.
      if (options.ifNoneMatch === '*') await link(temporary, target);
      else await rename(temporary, target);
      await flushFolder(folder);
    } catch (cause) {
      // A source that fails has its own words.
      if (cause instanceof SluiceError) throw cause;
      if (errorCode(cause) !== 'EEXIST') throw unavailable(uri, cause);
      throw new SluiceError('OBJECT_EXISTS', `${uri}: the key is taken`, { context: { uri } });
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async *list(prefixUri: string): AsyncIterable<ListedObject> {
    const prefix = literalPath(prefixUri);
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    yield* walk(folder, prefix);
  }

  async delete(uri: string): Promise<void> {
    const file = pathOf(uri);
    try {
      const stats = await stat(file);
      // A folder is no object: as far as the store goes, the key is free.
      if (stats.isFile()) await rm(file, { force: true });
    } catch (cause) {
      if (!isMissing(cause)) throw unavailable(uri, cause);
    }
  }
}

function refuseVersion(uri: string, versionId: string | undefined): void {
  if (versionId === undefined) return;
  throw new SluiceError(
    'FEATURE_UNSUPPORTED',
    `${uri}: a file system keeps no versions, got one to look for`,
  );
}

/** Every file under a folder whose path starts with the prefix, in UTF-8 byte order of the paths. */
async function* walk(folder: string, prefix: string): AsyncGenerator<ListedObject> {
  const names = (await entriesOf(folder))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .filter((name) => !name.startsWith(TEMPORARY_PREFIX))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const name of names) {
    const child = `${folder}${name}`;
    if (name.endsWith('/')) {
      if (child.startsWith(prefix)) yield* walk(child, prefix);
      continue;
    }
    if (!child.startsWith(prefix)) continue;
    const stats = await stat(child).catch(() => null);
    // Deleted since the folder was read.
    if (stats === null) continue;
    yield {
      uri: `${SCHEME}${child}`,
      sizeBytes: stats.size,
      modifiedMs: Math.floor(stats.mtimeMs),
    };
  }
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw unavailable(`${SCHEME}${folder}`, cause);
  }
}

async function writeFlushed(
  file: string,
  body: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(body);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a new name survive a power cut. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The path of an object; segments that a file system would resolve are refused, so that no two URIs meet. */
function pathOf(uri: string): string {
  const file = literalPath(uri);
  const segments = file.split('/').slice(1);
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw invalidUri(uri, 'a path without empty, "." and ".." segments');
  }
  return file;
}

function literalPath(uri: string): string {
  const file = uri.startsWith(SCHEME) ? uri.slice(SCHEME.length) : '';
  if (!file.startsWith('/')) throw invalidUri(uri, 'file:///absolute/path');
  return file;
}

function invalidUri(uri: string, expected: string): SluiceError {
  return new SluiceError('FEATURE_UNSUPPORTED', `file store: expected ${expected}, got "${uri}"`);
}

function unavailable(uri: string, cause: unknown): SluiceError {
  const code = errorCode(cause) ?? 'unknown error';
  return new SluiceError('SOURCE_UNAVAILABLE', `${uri}: ${code}`, { context: { uri }, cause });
}

/** Also a path through a file, and a folder read as a file: there is no object by that name. */
function isMissing(cause: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errorCode(cause) ?? '');
}

function errorCode(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException | undefined)?.code;
}
