import { hasCode } from '../../errors.ts';
import type { ReadObject } from '../scan/load-manifests.ts';
import type { InheritedEntry } from '../spec/manifest-entry.ts';
import type { ManifestFile } from '../spec/manifest-list.ts';
import type { Snapshot } from '../spec/snapshot.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import type { CheckContext } from './check-context.ts';
import { checkLiveFiles, type SnapshotFiles } from './check-live-files.ts';
import { checkManifest } from './check-manifest.ts';
import { checkManifestList } from './check-manifest-list.ts';
import { checkMetadata } from './check-metadata.ts';
import { checkParquetFile } from './check-parquet-file.ts';
import { FileHistory } from './file-history.ts';
import { newProblemReport, type Problem } from './problem.ts';

export interface CheckDeps {
  readonly read: ReadObject;
  /** With it, every live file is looked up and its size compared. */
  readonly head?: (uri: string) => Promise<{ readonly sizeBytes: number } | null>;
  /** With it, every live data file is read whole, and its size and footer compared with what the manifests say. */
  readonly readData?: ReadObject;
  /** Called with every file of the table after it was checked. */
  readonly onChecked?: (uri: string) => void;
}

/**
 * Checks a table as we write it against the letter of the specification: metadata, the manifest list
 * of every snapshot, every manifest and every data file, once each. Stricter than readers are, because
 * readers differ. No problem, empty list. A file that is missing is a problem; a store that does not
 * answer throws.
 */
export async function checkTable(
  deps: CheckDeps,
  metadata: TableMetadata,
): Promise<readonly Problem[]> {
  const report = newProblemReport();
  const context: CheckContext = { metadata, report };
  checkMetadata(metadata, report);
  const live = await checkSnapshots(deps, context);
  await checkDataFiles(deps, live, context);
  return report.problems;
}

/** Every file that some snapshot reads, by path. */
async function checkSnapshots(
  deps: CheckDeps,
  context: CheckContext,
): Promise<ReadonlyMap<string, InheritedEntry>> {
  const { metadata } = context;
  const manifests = new Map<string, readonly InheritedEntry[]>();
  const rows = new Map<string, string>();
  const history = new FileHistory();
  const files = new Map<bigint, SnapshotFiles>();
  const live = new Map<string, InheritedEntry>();
  const inOrder = metadata.snapshots.toSorted((a, b) =>
    a['sequence-number'] < b['sequence-number'] ? -1 : 1,
  );
  for (const snapshot of inOrder) {
    const entries: InheritedEntry[] = [];
    for (const listed of await readList(deps, snapshot, context)) {
      requireSameRow(rows, listed, context);
      const known = manifests.get(listed.manifestPath);
      const own = known ?? (await readManifest(deps, listed, context));
      if (known === undefined) {
        for (const entry of own) history.check(entry, listed, context.report);
        manifests.set(listed.manifestPath, own);
      }
      entries.push(...own);
    }
    const own = filesOf(snapshot, entries);
    files.set(snapshot['snapshot-id'], own);
    const parentId = snapshot['parent-snapshot-id'];
    const parent = parentId === undefined ? null : (files.get(parentId) ?? null);
    checkLiveFiles(own, snapshot, { ...context, parent });
    for (const entry of own.live) live.set(entry.file.filePath, entry);
  }
  return live;
}

/** A manifest never changes, so every list says the same of it. */
function requireSameRow(
  rows: Map<string, string>,
  listed: ManifestFile,
  { report }: CheckContext,
): void {
  const row = JSON.stringify(listed, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  const known = rows.get(listed.manifestPath) ?? row;
  report.require(
    known === row,
    listed.manifestPath,
    'expected every manifest list to say the same of the manifest',
  );
  rows.set(listed.manifestPath, known);
}

function filesOf(snapshot: Snapshot, entries: readonly InheritedEntry[]): SnapshotFiles {
  const id = snapshot['snapshot-id'];
  return {
    live: entries.filter((entry) => entry.status !== 'deleted'),
    deleted: entries.filter((entry) => entry.status === 'deleted' && entry.snapshotId === id),
  };
}

async function readList(
  deps: CheckDeps,
  snapshot: Snapshot,
  context: CheckContext,
): Promise<readonly ManifestFile[]> {
  const bytes = await readFile(deps, snapshot['manifest-list'], context);
  return bytes === null ? [] : checkManifestList(bytes, snapshot, context);
}

async function readManifest(
  deps: CheckDeps,
  manifest: ManifestFile,
  context: CheckContext,
): Promise<readonly InheritedEntry[]> {
  const bytes = await readFile(deps, manifest.manifestPath, context);
  return bytes === null ? [] : checkManifest(bytes, manifest, context);
}

/** Null, and a problem, when there is no such file. */
async function readFile(
  deps: Pick<CheckDeps, 'read' | 'onChecked'>,
  uri: string,
  { report }: CheckContext,
): Promise<Uint8Array | null> {
  try {
    return await deps.read(uri);
  } catch (error) {
    if (!hasCode(error, 'OBJECT_NOT_FOUND')) throw error;
    report.add(uri, 'expected the file to exist');
    return null;
  } finally {
    deps.onChecked?.(uri);
  }
}

async function checkDataFiles(
  deps: CheckDeps,
  live: ReadonlyMap<string, InheritedEntry>,
  context: CheckContext,
): Promise<void> {
  const { head, readData, onChecked } = deps;
  for (const [path, entry] of live) {
    if (readData !== undefined) {
      const read = onChecked === undefined ? { read: readData } : { read: readData, onChecked };
      const bytes = await readFile(read, path, context);
      if (bytes === null) continue;
      requireSize(bytes.length, entry, context);
      if (entry.content === 'data') checkParquetFile(bytes, entry.file, context);
    } else if (head !== undefined) {
      const found = await head(path);
      if (found === null) context.report.add(path, 'expected the data file to exist');
      else requireSize(found.sizeBytes, entry, context);
    }
  }
}

function requireSize(sizeBytes: number, { file }: InheritedEntry, { report }: CheckContext): void {
  report.require(
    BigInt(sizeBytes) === file.fileSizeBytes,
    file.filePath,
    `expected file_size_in_bytes ${sizeBytes}, got ${file.fileSizeBytes}`,
  );
}
