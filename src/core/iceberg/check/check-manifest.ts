import { decodeObjectContainer } from '../../avro/object-container.ts';
import { decodeManifest, inheritEntries, type Manifest } from '../spec/manifest.ts';
import type { InheritedEntry } from '../spec/manifest-entry.ts';
import type { ManifestFile } from '../spec/manifest-list.ts';
import { columnsById, type SchemaColumn } from '../spec/schema-fields.ts';
import { countOf, describeManifest, rowsOf } from '../spec/staged-manifest.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { type BoundPartitionField, bindPartitionSpec } from '../transform/bind-partition-spec.ts';
import type { CheckContext } from './check-context.ts';
import { checkDataFile } from './check-data-file.ts';
import { checkEntry } from './check-entry.ts';
import { goldenManifestEntry, goldenPartition, sameAvroSchema } from './golden-schemas.ts';

/** All entries of a manifest after checking it; none when it cannot be read. Source: Iceberg v2 §Manifests. */
export function checkManifest(
  bytes: Uint8Array,
  listed: ManifestFile,
  context: CheckContext,
): readonly InheritedEntry[] {
  const { metadata, report } = context;
  const where = listed.manifestPath;
  report.require(
    BigInt(bytes.length) === listed.manifestLength,
    where,
    `expected manifest_length ${bytes.length}, got ${listed.manifestLength}`,
  );
  const manifest = report.attempt(where, () => decodeManifest(bytes));
  if (manifest === null) return [];
  const container = decodeObjectContainer(bytes);
  checkHeader(container.metadata, manifest, { ...context, listed });
  const fields = report.attempt(where, () =>
    bindPartitionSpec(manifest.partitionSpec, manifest.schema),
  );
  if (fields === null) return [];
  report.require(
    sameAvroSchema(container.schema, goldenManifestEntry(goldenPartition(fields))),
    where,
    'expected the Avro schema of the specification: names, types, field ids, element ids, logical types',
  );
  checkListedCounts(manifest, listed, { ...context, fields });
  const columns = columnsOf(metadata, manifest);
  for (const entry of manifest.entries) {
    checkEntry(entry, listed, context);
    if (entry.content !== 'data') continue;
    checkDataFile(entry.file, { metadata, columns, partitionFields: fields, report });
  }
  const entries = report.attempt(where, () => inheritEntries(manifest, listed)) ?? [];
  checkMinSequenceNumber(entries, listed, context);
  return entries;
}

/** Columns by id as the manifest's schema has them, and those it has no more: a merged manifest keeps old files. */
function columnsOf(metadata: TableMetadata, manifest: Manifest): ReadonlyMap<number, SchemaColumn> {
  const schemas = [...metadata.schemas, manifest.schema];
  return new Map(schemas.flatMap((schema) => [...columnsById(schema)]));
}

function checkHeader(
  header: ReadonlyMap<string, string>,
  manifest: Manifest,
  context: CheckContext & { readonly listed: ManifestFile },
): void {
  const { listed, metadata, report } = context;
  const where = listed.manifestPath;
  for (const key of ['schema', 'schema-id', 'partition-spec', 'partition-spec-id', 'content']) {
    report.require(header.has(key), where, `expected header key ${key}`);
  }
  const version = header.get('format-version');
  report.require(version === '2', where, `expected format-version 2, got ${version}`);
  const { content, schema } = manifest;
  report.require(
    content === listed.content,
    where,
    `expected content ${listed.content}, got ${content}`,
  );
  const schemaId = header.get('schema-id');
  report.require(
    schemaId === String(schema['schema-id']),
    where,
    `expected schema-id ${schema['schema-id']} as in the header's schema, got ${schemaId}`,
  );
  const specId = manifest.partitionSpec['spec-id'];
  report.require(
    specId === listed.partitionSpecId,
    where,
    `expected partition-spec-id ${listed.partitionSpecId}, got ${specId}`,
  );
  const known = metadata.schemas.find((item) => item['schema-id'] === schema['schema-id']);
  report.require(
    known !== undefined && JSON.stringify(known.fields) === JSON.stringify(schema.fields),
    where,
    `expected the table's schema ${schema['schema-id']} in the header`,
  );
  const spec = metadata['partition-specs'].find((item) => item['spec-id'] === specId);
  report.require(
    spec !== undefined &&
      JSON.stringify(spec.fields) === JSON.stringify(manifest.partitionSpec.fields),
    where,
    `expected the table's partition spec ${specId} in the header`,
  );
}

function checkListedCounts(
  manifest: Manifest,
  listed: ManifestFile,
  context: CheckContext & { readonly fields: readonly BoundPartitionField[] },
): void {
  const { entries } = manifest;
  const { report } = context;
  const facts: readonly (readonly [string, number | bigint, number | bigint])[] = [
    ['added_files_count', countOf(entries, 'added'), listed.addedFilesCount],
    ['existing_files_count', countOf(entries, 'existing'), listed.existingFilesCount],
    ['deleted_files_count', countOf(entries, 'deleted'), listed.deletedFilesCount],
    ['added_rows_count', rowsOf(entries, 'added'), listed.addedRowsCount],
    ['existing_rows_count', rowsOf(entries, 'existing'), listed.existingRowsCount],
    ['deleted_rows_count', rowsOf(entries, 'deleted'), listed.deletedRowsCount],
  ];
  for (const [name, expected, received] of facts) {
    report.require(
      expected === received,
      listed.manifestPath,
      `expected ${name} ${expected}, got ${received}`,
    );
  }
  report.require(entries.length > 0, listed.manifestPath, 'expected at least one entry');
  const described = report.attempt(listed.manifestPath, () =>
    describeManifest(entries, {
      manifestPath: listed.manifestPath,
      manifestLength: listed.manifestLength,
      snapshotId: listed.addedSnapshotId,
      specId: listed.partitionSpecId,
      partitionFields: context.fields,
    }),
  );
  report.require(
    describe(described?.partitions) === describe(listed.partitions),
    listed.manifestPath,
    'expected partition summaries that span the entries, and no more',
  );
}

function checkMinSequenceNumber(
  entries: readonly InheritedEntry[],
  listed: ManifestFile,
  { report }: CheckContext,
): void {
  const live = entries.filter((entry) => entry.status !== 'deleted');
  const lowest = live.reduce<bigint | null>(
    (min, { sequenceNumber }) => (min === null || sequenceNumber < min ? sequenceNumber : min),
    null,
  );
  report.require(
    lowest === null || lowest === listed.minSequenceNumber,
    listed.manifestPath,
    `expected min_sequence_number ${lowest}, got ${listed.minSequenceNumber}`,
  );
}

function describe(summaries: ManifestFile['partitions'] | undefined): string {
  return JSON.stringify(
    (summaries ?? []).map((summary) => [
      summary.containsNull,
      summary.containsNan,
      hex(summary.lowerBound),
      hex(summary.upperBound),
    ]),
  );
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('hex');
}
