import { decodeObjectContainer } from '../../avro/object-container.ts';
import type { InheritedEntry } from '../spec/manifest-entry.ts';
import { decodeManifestList, type ManifestFile } from '../spec/manifest-list.ts';
import type { Snapshot } from '../spec/snapshot.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { GOLDEN_MANIFEST_FILE, sameAvroSchema } from './golden-schemas.ts';
import type { ProblemReport } from './problem.ts';

export interface CheckContext {
  readonly metadata: TableMetadata;
  readonly report: ProblemReport;
}

/** The manifests of a snapshot after checking its list. Source: Iceberg v2 §Manifest Lists. */
export function checkManifestList(
  bytes: Uint8Array,
  snapshot: Snapshot,
  { metadata, report }: CheckContext,
): readonly ManifestFile[] {
  const where = snapshot['manifest-list'];
  const container = report.attempt(where, () => decodeObjectContainer(bytes));
  const manifests = report.attempt(where, () => decodeManifestList(bytes));
  if (container === null || manifests === null) return [];
  report.require(
    sameAvroSchema(container.schema, GOLDEN_MANIFEST_FILE),
    where,
    'expected the Avro schema of the specification: names, types, field ids, element ids',
  );
  const header: readonly (readonly [string, string])[] = [
    ['snapshot-id', String(snapshot['snapshot-id'])],
    ['parent-snapshot-id', String(snapshot['parent-snapshot-id'] ?? null)],
    ['sequence-number', String(snapshot['sequence-number'])],
    ['format-version', '2'],
  ];
  for (const [key, expected] of header) {
    const received = container.metadata.get(key);
    report.require(
      received === expected,
      where,
      `expected header ${key} ${expected}, got ${received}`,
    );
  }
  for (const manifest of manifests) checkListed(manifest, snapshot, { metadata, report });
  const paths = manifests.map((manifest) => manifest.manifestPath);
  report.require(new Set(paths).size === paths.length, where, 'expected every manifest once');
  return manifests;
}

function checkListed(
  manifest: ManifestFile,
  snapshot: Snapshot,
  { metadata, report }: CheckContext,
): void {
  const where = manifest.manifestPath;
  const { sequenceNumber } = manifest;
  report.require(
    sequenceNumber <= snapshot['sequence-number'],
    where,
    `expected a sequence number up to the snapshot's ${snapshot['sequence-number']}, got ${sequenceNumber}`,
  );
  report.require(
    (manifest.addedSnapshotId === snapshot['snapshot-id']) ===
      (sequenceNumber === snapshot['sequence-number']),
    where,
    'expected the sequence number of the snapshot that added the manifest',
  );
  report.require(
    metadata['partition-specs'].some((spec) => spec['spec-id'] === manifest.partitionSpecId),
    where,
    `expected the id of a partition spec, got ${manifest.partitionSpecId}`,
  );
}

/** Rules over all live files of a snapshot, and its summary. Source: Iceberg v2 §Scan Planning, §Appendix F. */
export function checkLiveFiles(
  entries: readonly InheritedEntry[],
  snapshot: Snapshot,
  { report }: CheckContext,
): void {
  const where = `snapshots[${snapshot['snapshot-id']}]`;
  const paths = new Set<string>();
  for (const { file } of entries) {
    report.require(
      !paths.has(file.filePath),
      where,
      `expected ${file.filePath} once, got it twice`,
    );
    paths.add(file.filePath);
  }
  const data = entries.filter((entry) => entry.content === 'data');
  const added = data.filter(
    (entry) => entry.status === 'added' && entry.snapshotId === snapshot['snapshot-id'],
  );
  const facts: readonly (readonly [string, bigint])[] = [
    ['total-data-files', BigInt(data.length)],
    ['total-records', sumOf(data, (entry) => entry.file.recordCount)],
    ['total-files-size', sumOf(entries, (entry) => entry.file.fileSizeBytes)],
    ['total-delete-files', BigInt(entries.length - data.length)],
    ['added-data-files', BigInt(added.length)],
    ['added-records', sumOf(added, (entry) => entry.file.recordCount)],
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

function sumOf(
  entries: readonly InheritedEntry[],
  value: (entry: InheritedEntry) => bigint,
): bigint {
  return entries.reduce((sum, entry) => sum + value(entry), 0n);
}
