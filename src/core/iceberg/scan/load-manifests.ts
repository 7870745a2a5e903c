import { SluiceError } from '../../errors.ts';
import { decodeManifest, inheritEntries, type Manifest } from '../spec/manifest.ts';
import type { InheritedEntry } from '../spec/manifest-entry.ts';
import { decodeManifestList, type ManifestFile } from '../spec/manifest-list.ts';
import type { Snapshot } from '../spec/snapshot.ts';
import { countOf, rowsOf } from '../spec/staged-manifest.ts';

/** Reads a whole object. Throws OBJECT_NOT_FOUND. */
export type ReadObject = (uri: string) => Promise<Uint8Array>;

export interface LoadedManifest {
  readonly listed: ManifestFile;
  readonly manifest: Manifest;
  readonly entries: readonly InheritedEntry[];
}

/** Reads under way at once: enough to hide latency, few enough to hold the files in memory. */
const CONCURRENT_READS = 16;

/** The manifests of a snapshot; none for null. Errors name the file. */
export async function loadManifestList(
  read: ReadObject,
  snapshot: Snapshot | null,
): Promise<readonly ManifestFile[]> {
  if (snapshot === null) return [];
  const path = snapshot['manifest-list'];
  const bytes = await read(path);
  return naming(path, () => decodeManifestList(bytes));
}

/** Manifests with their entries after inheritance, in the order given. Errors name the file. */
export async function loadManifests(
  read: ReadObject,
  manifests: readonly ManifestFile[],
): Promise<readonly LoadedManifest[]> {
  const loaded: LoadedManifest[] = new Array(manifests.length);
  let next = 0;
  const readOn = async (): Promise<void> => {
    while (next < manifests.length) {
      const index = next++;
      const listed = manifests[index];
      if (listed !== undefined) loaded[index] = await loadManifest(read, listed);
    }
  };
  const workers = Math.min(CONCURRENT_READS, manifests.length);
  await Promise.all(Array.from({ length: workers }, readOn));
  return loaded;
}

async function loadManifest(read: ReadObject, listed: ManifestFile): Promise<LoadedManifest> {
  if (listed.keyMetadata !== null) {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `${listed.manifestPath}: encrypted manifests cannot be read`,
    );
  }
  const bytes = await read(listed.manifestPath);
  return naming(listed.manifestPath, () => {
    requireLength(bytes, listed);
    const manifest = decodeManifest(bytes);
    requireListed(manifest, listed);
    return { listed, manifest, entries: inheritEntries(manifest, listed) };
  });
}

/** A manifest that lost its end is a sound one with fewer files: only the list knows. */
function requireLength(bytes: Uint8Array, { manifestLength }: ManifestFile): void {
  if (BigInt(bytes.length) === manifestLength) return;
  throw damaged(`expected ${manifestLength} bytes, as its manifest list says, got ${bytes.length}`);
}

/** Rows must never be left out or read twice because one of two files is damaged. */
function requireListed(manifest: Manifest, listed: ManifestFile): void {
  const { entries, content, partitionSpec } = manifest;
  if (content !== listed.content) {
    throw damaged(`expected a manifest of ${listed.content}, as its list says, got ${content}`);
  }
  if (partitionSpec['spec-id'] !== listed.partitionSpecId) {
    throw damaged(
      `expected partition spec ${listed.partitionSpecId}, as its list says, got ${partitionSpec['spec-id']}`,
    );
  }
  const facts = [
    ['added', listed.addedFilesCount, listed.addedRowsCount],
    ['existing', listed.existingFilesCount, listed.existingRowsCount],
    ['deleted', listed.deletedFilesCount, listed.deletedRowsCount],
  ] as const;
  for (const [status, files, rows] of facts) {
    const [found, foundRows] = [countOf(entries, status), rowsOf(entries, status)];
    if (found === files && foundRows === rows) continue;
    throw damaged(
      `expected ${files} ${status} files with ${rows} rows, as its manifest list says, got ${found} with ${foundRows}`,
    );
  }
}

function damaged(problem: string): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `${problem}; one of the two is damaged: restore it, or roll the table back`,
  );
}

function naming<T>(path: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof SluiceError)) throw cause;
    throw new SluiceError(cause.code, `${path}: ${cause.message}`, { context: { path }, cause });
  }
}
