import { encodeManifest, type Manifest, type ManifestHeader } from '../spec/manifest.ts';
import { existingEntry, type InheritedEntry } from '../spec/manifest-entry.ts';
import type { ManifestFile } from '../spec/manifest-list.ts';
import { describeManifest, type StagedManifest } from '../spec/staged-manifest.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { bindPartitionSpec } from '../transform/bind-partition-spec.ts';
import { integerProperty } from './set-properties.ts';

/** Source: Iceberg, table properties `commit.manifest.min-count-to-merge` and `commit.manifest.target-size-bytes`. */
export const DEFAULT_MIN_COUNT_TO_MERGE = 100;
export const DEFAULT_TARGET_MANIFEST_BYTES = 8 * 1024 * 1024;
/**
 * A manifest of at least this part of the target size is left alone: commits cost the same however large the table is.
 */
const LARGE_FRACTION = 1 / 8;
/**
 * Smaller ones are of three sizes, each this many times the one before. What merging made waits among its own size until
 * there is enough for the next, so that an entry is written a few times in its life and not in every merge.
 */
const SIZE_STEP = 8;
const SIZES = 3;

/**
 * Groups of a snapshot's data manifests that are due to become one each: once at least
 * `commit.manifest.min-count-to-merge` of the smallest size share a partition spec, and larger ones once they make
 * one of the next size; oldest first, up to the target size. Delete manifests and large ones never. `commit.manifest-merge.enabled=false` turns it off.
 */
export function planManifestMerge(
  metadata: TableMetadata,
  manifests: readonly ManifestFile[],
): readonly (readonly ManifestFile[])[] {
  if (metadata.properties['commit.manifest-merge.enabled'] === 'false') return [];
  const minCount = integerProperty(metadata, 'commit.manifest.min-count-to-merge', {
    default: DEFAULT_MIN_COUNT_TO_MERGE,
    min: 2,
  });
  const targetBytes = integerProperty(metadata, 'commit.manifest.target-size-bytes', {
    default: DEFAULT_TARGET_MANIFEST_BYTES,
    min: 1,
  });
  const largeBytes = targetBytes * LARGE_FRACTION;
  const small = manifests.filter(
    (manifest) =>
      manifest.content === 'data' &&
      manifest.keyMetadata === null &&
      Number(manifest.manifestLength) < largeBytes,
  );
  const groups = Map.groupBy(
    small,
    (manifest) => `${manifest.partitionSpecId} ${sizeOf(manifest, largeBytes)}`,
  );
  return [...groups.values()]
    .filter((group) => isDue(group, { minCount, largeBytes }))
    .flatMap((group) => packBySize(group.toSorted(bySequenceNumber), targetBytes));
}

/** 0 for the smallest. */
function sizeOf({ manifestLength }: ManifestFile, largeBytes: number): number {
  let size = SIZES - 1;
  for (let bytes = largeBytes / SIZE_STEP; size > 0; bytes /= SIZE_STEP) {
    if (Number(manifestLength) >= bytes) return size;
    size--;
  }
  return 0;
}

function isDue(
  group: readonly ManifestFile[],
  limits: { readonly minCount: number; readonly largeBytes: number },
): boolean {
  if (group.length >= limits.minCount) return true;
  const [first] = group;
  const size = first === undefined ? 0 : sizeOf(first, limits.largeBytes);
  const nextBytes = limits.largeBytes / SIZE_STEP ** (SIZES - 1 - size);
  const bytes = group.reduce((sum, manifest) => sum + Number(manifest.manifestLength), 0);
  return size > 0 && group.length > 1 && bytes >= nextBytes;
}

/**
 * One manifest with the live files of several. Entries become `existing` and keep the sequence numbers
 * and the snapshot they came with, so no delete file changes its reach; entries of deleted files are
 * left out, they belong to older snapshots. `entries` have inherited what their lists say.
 */
export function mergeManifests(
  header: ManifestHeader,
  entries: readonly InheritedEntry[],
  options: {
    readonly manifestPath: string;
    readonly snapshotId: bigint;
    readonly syncMarker: Uint8Array;
  },
): { readonly bytes: Uint8Array; readonly staged: StagedManifest } {
  const live = entries.filter((entry) => entry.status !== 'deleted').map(existingEntry);
  const bytes = encodeManifest(header, live, { syncMarker: options.syncMarker });
  const staged = describeManifest(live, {
    manifestPath: options.manifestPath,
    manifestLength: BigInt(bytes.length),
    snapshotId: options.snapshotId,
    specId: header.partitionSpec['spec-id'],
    partitionFields: bindPartitionSpec(header.partitionSpec, header.schema),
  });
  return { bytes, staged };
}

/** The header a merged manifest gets: the newest schema among its parts, which widens the older ones' values. */
export function mergedHeader(parts: readonly Manifest[]): ManifestHeader {
  const newest = parts.reduce((a, b) => (b.schema['schema-id'] > a.schema['schema-id'] ? b : a));
  return { schema: newest.schema, partitionSpec: newest.partitionSpec, content: 'data' };
}

function bySequenceNumber(a: ManifestFile, b: ManifestFile): number {
  return a.sequenceNumber < b.sequenceNumber ? -1 : a.sequenceNumber > b.sequenceNumber ? 1 : 0;
}

function packBySize(
  manifests: readonly ManifestFile[],
  targetBytes: number,
): readonly (readonly ManifestFile[])[] {
  const bins: ManifestFile[][] = [];
  let bin: ManifestFile[] = [];
  let binBytes = 0;
  for (const manifest of manifests) {
    const bytes = Number(manifest.manifestLength);
    if (bin.length > 0 && binBytes + bytes > targetBytes) {
      bins.push(bin);
      bin = [];
      binBytes = 0;
    }
    bin.push(manifest);
    binBytes += bytes;
  }
  bins.push(bin);
  return bins.filter((candidate) => candidate.length > 1);
}
