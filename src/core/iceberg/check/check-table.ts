import { hasCode } from '../../errors.ts';
import type { ReadObject } from '../scan/load-manifests.ts';
import type { InheritedEntry } from '../spec/manifest-entry.ts';
import type { ManifestFile } from '../spec/manifest-list.ts';
import type { Snapshot } from '../spec/snapshot.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { checkManifest } from './check-manifest.ts';
import { checkMetadata } from './check-metadata.ts';
import { type CheckContext, checkLiveFiles, checkManifestList } from './check-snapshot.ts';
import { newProblemReport, type Problem } from './problem.ts';

export interface CheckDeps {
  readonly read: ReadObject;
  /** With it, every live file is looked up and its size compared. */
  readonly head?: (uri: string) => Promise<{ readonly sizeBytes: number } | null>;
}

/**
 * Checks a table as we write it against the letter of the specification: metadata, the manifest list
 * of every snapshot and every manifest, once each. Stricter than readers are, because readers differ.
 * No problem, empty list. A file that is missing is a problem; a store that does not answer throws.
 */
export async function checkTable(
  deps: CheckDeps,
  metadata: TableMetadata,
): Promise<readonly Problem[]> {
  const report = newProblemReport();
  const context: CheckContext = { metadata, report };
  checkMetadata(metadata, report);
  const checked = new Map<string, readonly InheritedEntry[]>();
  const sizes = new Map<string, bigint>();
  for (const snapshot of metadata.snapshots) {
    const manifests = await checkList(deps, snapshot, context);
    const live: InheritedEntry[] = [];
    for (const manifest of manifests) {
      const entries =
        checked.get(manifest.manifestPath) ?? (await readManifest(deps, manifest, context));
      checked.set(manifest.manifestPath, entries);
      live.push(...entries);
    }
    checkLiveFiles(live, snapshot, context);
    for (const { file } of live) sizes.set(file.filePath, file.fileSizeBytes);
  }
  if (deps.head !== undefined) await checkSizes(deps.head, sizes, context);
  return report.problems;
}

async function checkList(
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

async function readFile(
  deps: CheckDeps,
  uri: string,
  { report }: CheckContext,
): Promise<Uint8Array | null> {
  try {
    return await deps.read(uri);
  } catch (error) {
    if (!hasCode(error, 'OBJECT_NOT_FOUND')) throw error;
    report.add(uri, 'expected the file to exist');
    return null;
  }
}

async function checkSizes(
  head: NonNullable<CheckDeps['head']>,
  sizes: ReadonlyMap<string, bigint>,
  { report }: CheckContext,
): Promise<void> {
  for (const [path, listed] of sizes) {
    const found = await head(path);
    if (found === null) report.add(path, 'expected the data file to exist');
    else {
      report.require(
        BigInt(found.sizeBytes) === listed,
        path,
        `expected file_size_in_bytes ${found.sizeBytes}, got ${listed}`,
      );
    }
  }
}
