import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';

/** `00042-<uuid>.metadata.json`: the version counts on from the base's. Source: Iceberg v2 §Metastore Tables. */
export function nextMetadataLocation(
  metadata: TableMetadata,
  baseLocation: string,
  uuid: string,
): string {
  const version = Number(/\/(\d+)-[^/]*$/.exec(baseLocation)?.[1] ?? 0) + 1;
  return `${metadataFolder(metadata)}/${String(version).padStart(5, '0')}-${uuid}.metadata.json`;
}

/** `snap-<snapshot>-<attempt>-<uuid>.avro`. */
export function manifestListLocation(
  metadata: TableMetadata,
  name: {
    readonly snapshotId: bigint;
    readonly attempt: number;
    readonly commitUuid: string;
  },
): string {
  const { snapshotId, attempt, commitUuid } = name;
  return `${metadataFolder(metadata)}/snap-${snapshotId}-${attempt}-${commitUuid}.avro`;
}

/** `<uuid>-m<n>.avro`. */
export function manifestLocation(
  metadata: TableMetadata,
  commitUuid: string,
  index: number,
): string {
  return `${metadataFolder(metadata)}/${commitUuid}-m${index}.avro`;
}

/** Random bytes as a version 4 UUID. Source: RFC 9562 §5.4. */
export function formatUuid(random: Uint8Array): string {
  const bytes = Buffer.from(random.subarray(0, 16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([start, end]) => hex.slice(start, end))
    .join('-');
}

/** Source: Iceberg, table property `write.metadata.path`. */
function metadataFolder(metadata: TableMetadata): string {
  const folder = metadata.properties['write.metadata.path'] ?? `${metadata.location}/metadata`;
  return folder.replace(/\/+$/, '');
}
