import type { InheritedEntry } from '../spec/manifest-entry.ts';
import type { Snapshot } from '../spec/snapshot.ts';
import { partitionKey } from '../transform/partition-tuple.ts';
import type { CheckContext } from './check-context.ts';

/** The files of one snapshot. */
export interface SnapshotFiles {
  readonly live: readonly InheritedEntry[];
  /** Entries that this snapshot marks deleted. */
  readonly deleted: readonly InheritedEntry[];
}

/** Rules over all files of a snapshot, and its summary. Source: Iceberg v2 §Snapshots, §Appendix F. */
export function checkLiveFiles(
  files: SnapshotFiles,
  snapshot: Snapshot,
  context: CheckContext & { readonly parent: SnapshotFiles | null },
): void {
  const { report, parent } = context;
  const where = `snapshots[${snapshot['snapshot-id']}]`;
  const paths = new Set<string>();
  for (const { file } of files.live) {
    report.require(
      !paths.has(file.filePath),
      where,
      `expected ${file.filePath} once, got it twice`,
    );
    paths.add(file.filePath);
  }
  checkSummary(files, snapshot, context);
  if (parent !== null) checkOperation(files, snapshot, { ...context, parent });
}

function checkSummary(
  { live, deleted }: SnapshotFiles,
  snapshot: Snapshot,
  { report }: CheckContext,
): void {
  const where = `snapshots[${snapshot['snapshot-id']}]`;
  const id = snapshot['snapshot-id'];
  const added = live.filter((entry) => entry.status === 'added' && entry.snapshotId === id);
  const counts = (prefix: string, entries: readonly InheritedEntry[]) => {
    const data = entries.filter((entry) => entry.content === 'data');
    return [
      [`${prefix}-data-files`, BigInt(data.length)],
      [`${prefix}-records`, sumOf(data, (entry) => entry.file.recordCount)],
      [`${prefix}-delete-files`, BigInt(entries.length - data.length)],
    ] as const;
  };
  const sizeOf = (entries: readonly InheritedEntry[]) =>
    sumOf(entries, (entry) => entry.file.fileSizeBytes);
  const deletedRecords = counts('deleted', deleted).slice(0, 2);
  const changed = new Set([...added, ...deleted].map(({ file }) => partitionKey(file.partition)));
  const facts: readonly (readonly [string, bigint])[] = [
    ...counts('total', live),
    ...counts('added', added),
    ...deletedRecords,
    ['removed-delete-files', counts('', deleted)[2][1]],
    ['total-files-size', sizeOf(live)],
    ['added-files-size', sizeOf(added)],
    ['removed-files-size', sizeOf(deleted)],
    ['total-position-deletes', rowsOf(live, 'position-deletes')],
    ['total-equality-deletes', rowsOf(live, 'equality-deletes')],
    ['changed-partition-count', BigInt(changed.size)],
  ];
  for (const [key, expected] of facts) {
    const stated = snapshot.summary[key];
    // Other engines leave a count out where it is zero or not known.
    report.require(
      stated === undefined || stated === String(expected),
      where,
      `expected summary ${key} ${expected}, got ${stated}`,
    );
  }
}

/** What the operation promises of the files. Source: Iceberg v2 §Snapshots, `operation`. */
function checkOperation(
  files: SnapshotFiles,
  snapshot: Snapshot,
  { report, parent }: CheckContext & { readonly parent: SnapshotFiles },
): void {
  const where = `snapshots[${snapshot['snapshot-id']}]`;
  const operation = snapshot.summary['operation'];
  const before = new Set(parent.live.map(({ file }) => file.filePath));
  const after = new Set(files.live.map(({ file }) => file.filePath));
  const gone = parent.live.filter(({ file }) => !after.has(file.filePath));
  const come = files.live.filter(({ file }) => !before.has(file.filePath));
  for (const { file, status, snapshotId } of come) {
    report.require(
      status === 'added' && snapshotId === snapshot['snapshot-id'],
      where,
      `expected ${file.filePath} to be added by this snapshot`,
    );
  }
  if (operation === 'append') {
    for (const { file } of gone) {
      report.add(where, `expected an append to keep ${file.filePath}`);
    }
  }
  if (operation === 'delete') {
    const data = come.filter((entry) => entry.content === 'data');
    report.require(data.length === 0, where, 'expected a delete to add no data file');
  }
  if (operation === 'replace') {
    const rows = (entries: readonly InheritedEntry[]) => rowsOf(entries, 'data');
    report.require(
      rows(come) <= rows(gone),
      where,
      `expected a replace to add no row, got ${rows(come)} rows for ${rows(gone)}`,
    );
  }
}

function rowsOf(entries: readonly InheritedEntry[], content: InheritedEntry['content']): bigint {
  return sumOf(entries, (entry) => (entry.content === content ? entry.file.recordCount : 0n));
}

function sumOf(
  entries: readonly InheritedEntry[],
  value: (entry: InheritedEntry) => bigint,
): bigint {
  return entries.reduce((sum, entry) => sum + value(entry), 0n);
}
