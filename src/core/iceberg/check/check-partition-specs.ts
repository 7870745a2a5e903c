import type { PartitionField, PartitionSpec } from '../spec/partition.ts';
import { columnsById, type SchemaColumn } from '../spec/schema-fields.ts';
import { currentSchema, type TableMetadata } from '../spec/table-metadata.ts';
import { findPartitionNameConflict } from '../transaction/partition-names.ts';
import { bindPartitionSpec } from '../transform/bind-partition-spec.ts';
import { parseTransform, transformResultType } from '../transform/transform.ts';
import type { ProblemReport } from './problem.ts';
import { requireUnique } from './require-unique.ts';

const FIRST_PARTITION_FIELD_ID = 1000;

/** Ids, sources and transforms of every partition spec. Source: Iceberg v2 §Partitioning, §Partition Evolution. */
export function checkPartitionSpecs(metadata: TableMetadata, report: ProblemReport): void {
  const specs = metadata['partition-specs'];
  requireUnique(
    specs.map((spec) => spec['spec-id']),
    'partition-specs',
    report,
  );
  report.require(
    metadata['last-partition-id'] >= FIRST_PARTITION_FIELD_ID - 1,
    'last-partition-id',
    `expected 999 or more, got ${metadata['last-partition-id']}`,
  );
  const columns = allColumns(metadata);
  for (const spec of specs) checkSpec(spec, { metadata, columns, report });
  checkFieldIdsAcrossSpecs(specs, report);
  checkNoSpecTwice(specs, report);
  const conflict = findPartitionNameConflict(specs, currentSchema(metadata));
  if (conflict !== null) report.add('partition-specs', conflict);
}

/** Columns of every schema: an older spec may partition by a column that is gone. */
export function allColumns(metadata: TableMetadata): ReadonlyMap<number, SchemaColumn> {
  const current = currentSchema(metadata);
  return new Map([...metadata.schemas, current].flatMap((schema) => [...columnsById(schema)]));
}

function checkSpec(
  spec: PartitionSpec,
  context: {
    readonly metadata: TableMetadata;
    readonly columns: ReadonlyMap<number, SchemaColumn>;
    readonly report: ProblemReport;
  },
): void {
  const { metadata, columns, report } = context;
  const where = `partition-specs[${spec['spec-id']}]`;
  requireUnique(
    spec.fields.map((field) => field['field-id']),
    where,
    report,
  );
  requireUnique(
    spec.fields.map((field) => field.name),
    where,
    report,
  );
  for (const field of spec.fields) {
    const { name, 'field-id': id, 'source-id': sourceId } = field;
    report.require(name !== '', where, `expected a name for partition field ${id}`);
    report.require(
      id >= FIRST_PARTITION_FIELD_ID && id <= metadata['last-partition-id'],
      where,
      `${name}: expected a field id from 1000 to last-partition-id ${metadata['last-partition-id']}, got ${id}`,
    );
    const source = columns.get(sourceId);
    const transform = parseTransform(field.transform);
    report.require(
      source !== undefined &&
        !source.repeated &&
        transformResultType(transform, source.type) !== null,
      where,
      `${name}: expected a transform of a column outside lists and maps, got ${field.transform} of ${sourceId}`,
    );
  }
  if (spec['spec-id'] !== metadata['default-spec-id']) return;
  report.attempt(where, () => bindPartitionSpec(spec, currentSchema(metadata)));
}

/** One id names one transform of one column in all specs, and the other way round. */
function checkFieldIdsAcrossSpecs(specs: readonly PartitionSpec[], report: ProblemReport): void {
  const meanings = new Map<number, string>();
  const ids = new Map<string, number>();
  for (const field of specs.flatMap((spec) => spec.fields)) {
    const { 'field-id': id, name } = field;
    const meaning = meaningOf(field);
    const known = meanings.get(id) ?? meaning;
    report.require(
      known === meaning,
      'partition-specs',
      `expected partition field ${id} to be ${known} in every spec, got ${meaning}`,
    );
    meanings.set(id, known);
    const key = `${meaning} ${name}`;
    const reused = ids.get(key) ?? id;
    report.require(
      reused === id,
      'partition-specs',
      `expected ${name} to keep its field id ${reused} in every spec, got ${id}`,
    );
    ids.set(key, reused);
  }
}

function checkNoSpecTwice(specs: readonly PartitionSpec[], report: ProblemReport): void {
  const seen = new Map<string, number>();
  for (const spec of specs) {
    const fields = spec.fields.map((field) => `${meaningOf(field)} ${field.name}`).join();
    const same = seen.get(fields);
    report.require(
      same === undefined,
      `partition-specs[${spec['spec-id']}]`,
      `expected no second spec like ${same}`,
    );
    seen.set(fields, spec['spec-id']);
  }
}

function meaningOf({ transform, 'source-id': sourceId }: PartitionField): string {
  return `${transform}(${sourceId})`;
}
