import { decodeObjectContainer } from '../../avro/object-container.ts';
import { decodeManifestList, type ManifestFile } from '../spec/manifest-list.ts';
import type { Snapshot } from '../spec/snapshot.ts';
import { snapshotById } from '../spec/table-metadata.ts';
import type { CheckContext } from './check-context.ts';
import { requireBelow } from './check-location.ts';
import { GOLDEN_MANIFEST_FILE, sameAvroSchema } from './golden-schemas.ts';

/** The manifests of a snapshot after checking its list. Source: Iceberg v2 §Manifest Lists. */
export function checkManifestList(
  bytes: Uint8Array,
  snapshot: Snapshot,
  context: CheckContext,
): readonly ManifestFile[] {
  const { report } = context;
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
  for (const manifest of manifests) checkListed(manifest, snapshot, context);
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
  const { sequenceNumber, minSequenceNumber, addedSnapshotId } = manifest;
  requireBelow(metadata, 'metadata', where, { where, report });
  report.require(
    sequenceNumber >= 1n && sequenceNumber <= snapshot['sequence-number'],
    where,
    `expected a sequence number from 1 to the snapshot's ${snapshot['sequence-number']}, got ${sequenceNumber}`,
  );
  report.require(
    minSequenceNumber >= 0n && minSequenceNumber <= sequenceNumber,
    where,
    `expected min_sequence_number up to ${sequenceNumber}, got ${minSequenceNumber}`,
  );
  // Of an expired snapshot only its number is left, and what it cannot be: this one.
  const adder = snapshotById(metadata, addedSnapshotId);
  const isConsistent =
    adder === null
      ? sequenceNumber < snapshot['sequence-number']
      : adder['sequence-number'] === sequenceNumber;
  report.require(
    isConsistent,
    where,
    `expected the sequence number of the snapshot that added the manifest, ${adder?.['sequence-number'] ?? 'an expired one'}, got ${sequenceNumber}`,
  );
  report.require(
    metadata['partition-specs'].some((spec) => spec['spec-id'] === manifest.partitionSpecId),
    where,
    `expected the id of a partition spec, got ${manifest.partitionSpecId}`,
  );
  report.require(manifest.keyMetadata === null, where, 'expected no encryption key');
}
