import { SluiceError } from '#core/errors.ts';
import { encodeManifest } from '#core/iceberg/spec/manifest.ts';
import type { ManifestEntry } from '#core/iceberg/spec/manifest-entry.ts';
import { encodeManifestList, type ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { describeManifest, listStagedManifest } from '#core/iceberg/spec/staged-manifest.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { bindPartitionSpec } from '#core/iceberg/transform/bind-partition-spec.ts';
import { SCHEMA, SPEC, tradesMetadata } from './trades-table.ts';

const syncMarker = new Uint8Array(16);

export interface HandMadeManifest {
  readonly entries: readonly ManifestEntry[];
  /** Of the commit that added the manifest. */
  readonly sequenceNumber: bigint;
  readonly content?: 'data' | 'deletes';
  readonly schema?: Schema;
  readonly spec?: PartitionSpec;
  /** Changes what the list says of the manifest. */
  readonly listed?: Partial<ManifestFile>;
}

export interface HandMadeTable {
  readonly metadata: TableMetadata;
  readonly objects: Map<string, Uint8Array>;
  readonly reads: string[];
  readonly read: (uri: string) => Promise<Uint8Array>;
}

/** A table with one snapshot of these manifests, as some engine could have written it. */
export function handMadeTable(
  manifests: readonly HandMadeManifest[],
  options: {
    readonly schema?: Schema;
    readonly specs?: readonly PartitionSpec[];
    /** Where manifests `m/0.avro` … and the manifest list `list` lie. @default s3:/ */
    readonly folder?: string;
  } = {},
): HandMadeTable {
  const { folder = 's3:/' } = options;
  const objects = new Map<string, Uint8Array>();
  const reads: string[] = [];
  const listed = manifests.map((manifest, index) => {
    const { entries, content = 'data', schema = SCHEMA, spec = SPEC } = manifest;
    const manifestPath = `${folder}/m/${index}.avro`;
    const bytes = encodeManifest({ schema, partitionSpec: spec, content }, entries, { syncMarker });
    objects.set(manifestPath, bytes);
    const staged = describeManifest(entries, {
      manifestPath,
      manifestLength: BigInt(bytes.length),
      snapshotId: 1n,
      specId: spec['spec-id'],
      partitionFields: bindPartitionSpec(spec, schema),
    });
    return {
      ...listStagedManifest(staged, manifest.sequenceNumber),
      content,
      ...manifest.listed,
    };
  });
  objects.set(
    `${folder}/list`,
    encodeManifestList(listed, {
      snapshotId: 1n,
      parentSnapshotId: null,
      sequenceNumber: 9n,
      syncMarker,
    }),
  );
  const specs = options.specs ?? [SPEC];
  const base = tradesMetadata({ schema: options.schema ?? SCHEMA, spec: specs[0] ?? SPEC });
  const metadata: TableMetadata = {
    ...base,
    'partition-specs': specs,
    'last-sequence-number': 9n,
    'current-snapshot-id': 1n,
    snapshots: [
      {
        'snapshot-id': 1n,
        'sequence-number': 9n,
        'timestamp-ms': base['last-updated-ms'],
        'manifest-list': `${folder}/list`,
        summary: { operation: 'append' },
        'schema-id': 0,
      },
    ],
    'snapshot-log': [{ 'snapshot-id': 1n, 'timestamp-ms': base['last-updated-ms'] }],
    refs: { main: { 'snapshot-id': 1n, type: 'branch' } },
  };
  const read = async (uri: string): Promise<Uint8Array> => {
    reads.push(uri);
    const bytes = objects.get(uri);
    if (bytes === undefined) throw new SluiceError('OBJECT_NOT_FOUND', `${uri}: no such object`);
    return bytes;
  };
  return { metadata, objects, reads, read };
}
