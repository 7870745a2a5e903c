import { decodeObjectContainer } from '../../avro/object-container.ts';
import { decodeManifest, inheritEntries, type Manifest } from '../spec/manifest.ts';
import type { InheritedEntry, ManifestEntry } from '../spec/manifest-entry.ts';
import type { ManifestFile } from '../spec/manifest-list.ts';
import { avroName, decimalSizeBytes } from '../spec/manifest-schema.ts';
import type { PrimitiveType } from '../spec/schema.ts';
import { columnsById, decimalParameters, type SchemaColumn } from '../spec/schema-fields.ts';
import { countOf, describeManifest, rowsOf } from '../spec/staged-manifest.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { type BoundPartitionField, bindPartitionSpec } from '../transform/bind-partition-spec.ts';
import { checkDataFile } from './check-data-file.ts';
import {
  type GoldenPartitionField,
  goldenManifestEntry,
  sameAvroSchema,
} from './golden-schemas.ts';
import type { ProblemReport } from './problem.ts';

/** Live entries of a manifest after checking it; none when it cannot be read. Source: Iceberg v2 §Manifests. */
export function checkManifest(
  bytes: Uint8Array,
  listed: ManifestFile,
  context: { readonly metadata: TableMetadata; readonly report: ProblemReport },
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
  checkHeader(bytes, manifest, { listed, metadata, report });
  const fields = report.attempt(where, () =>
    bindPartitionSpec(manifest.partitionSpec, manifest.schema),
  );
  if (fields === null) return [];
  checkAvroSchema(bytes, fields, { where, report });
  checkListedCounts(manifest, listed, { fields, report });
  const columns = columnsOf(metadata, manifest);
  for (const entry of manifest.entries) {
    checkEntry(entry, listed, report);
    if (entry.content !== 'data') continue;
    checkDataFile(entry.file, { columns, partitionFields: fields, report });
  }
  const entries = report.attempt(where, () => inheritEntries(manifest, listed)) ?? [];
  checkMinSequenceNumber(entries, listed, report);
  return entries.filter((entry) => entry.status !== 'deleted');
}

/** Columns by id as the manifest's schema has them, and those it has no more: a merged manifest keeps old files. */
function columnsOf(metadata: TableMetadata, manifest: Manifest): ReadonlyMap<number, SchemaColumn> {
  const schemas = [...metadata.schemas, manifest.schema];
  return new Map(schemas.flatMap((schema) => [...columnsById(schema)]));
}

function checkHeader(
  bytes: Uint8Array,
  manifest: Manifest,
  context: {
    readonly listed: ManifestFile;
    readonly metadata: TableMetadata;
    readonly report: ProblemReport;
  },
): void {
  const { listed, metadata, report } = context;
  const where = listed.manifestPath;
  const header = decodeObjectContainer(bytes).metadata;
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

function checkAvroSchema(
  bytes: Uint8Array,
  fields: readonly BoundPartitionField[],
  context: { readonly where: string; readonly report: ProblemReport },
): void {
  const golden = goldenManifestEntry(goldenPartition(fields));
  context.report.require(
    sameAvroSchema(decodeObjectContainer(bytes).schema, golden),
    context.where,
    'expected the Avro schema of the specification: names, types, field ids, element ids, logical types',
  );
}

function checkListedCounts(
  manifest: Manifest,
  listed: ManifestFile,
  context: { readonly fields: readonly BoundPartitionField[]; readonly report: ProblemReport },
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

function checkEntry(entry: ManifestEntry, listed: ManifestFile, report: ProblemReport): void {
  const where = entry.file.filePath;
  const isData = entry.content === 'data';
  report.require(
    isData === (listed.content === 'data'),
    where,
    `expected ${listed.content} files in the manifest, got ${entry.content}`,
  );
  report.require(
    !isData || entry.fileFormat.toLowerCase() === 'parquet',
    where,
    `expected Parquet, got ${entry.fileFormat}`,
  );
  report.require(entry.snapshotId !== null, where, 'expected a snapshot id');
  report.require(
    entry.status === 'added' ||
      (entry.sequenceNumber !== null && entry.fileSequenceNumber !== null),
    where,
    `expected explicit sequence numbers in an entry that is ${entry.status}`,
  );
  report.require(
    entry.content === 'equality-deletes' || entry.equalityIds === null,
    where,
    'expected equality_ids for equality deletes only',
  );
}

function checkMinSequenceNumber(
  entries: readonly InheritedEntry[],
  listed: ManifestFile,
  report: ProblemReport,
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

function goldenPartition(fields: readonly BoundPartitionField[]): readonly GoldenPartitionField[] {
  return fields.map(({ fieldId, name, resultType }, index) => {
    const isRepeated = fields.findIndex((field) => field.resultType === resultType) < index;
    const suffix = isRepeated ? `_${fieldId}` : '';
    return { fieldId, name: avroName(name), avroType: goldenType(resultType, suffix) };
  });
}

/** Source: Iceberg v2 §Appendix A: Avro. Every fixed type needs a name of its own. */
function goldenType(type: PrimitiveType, suffix: string): GoldenPartitionField['avroType'] {
  if (type === 'binary') return 'bytes';
  if (type === 'date') return { type: 'int', logicalType: 'date' };
  if (type === 'timestamp') {
    return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': false };
  }
  const decimal = decimalParameters(type);
  if (decimal === null) return type;
  const { precision, scale } = decimal;
  const name = `decimal_${precision}_${scale}${suffix}`;
  const size = decimalSizeBytes(precision);
  return { type: 'fixed', name, size, logicalType: 'decimal', precision, scale };
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
