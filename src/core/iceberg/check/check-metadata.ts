import { columnsById, highestFieldId } from '../spec/schema-fields.ts';
import { MAIN_BRANCH } from '../spec/snapshot.ts';
import {
  currentSchema,
  currentSnapshot,
  snapshotById,
  type TableMetadata,
} from '../spec/table-metadata.ts';
import { findPartitionNameConflict } from '../transaction/partition-names.ts';
import { bindPartitionSpec } from '../transform/bind-partition-spec.ts';
import type { ProblemReport } from './problem.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FIRST_PARTITION_FIELD_ID = 1000;
const MAX_FIELD_ID = 2147483447;
const OPERATIONS: ReadonlySet<string> = new Set(['append', 'replace', 'overwrite', 'delete']);

/** Rules of table metadata that parsing does not enforce. Source: Iceberg v2 §Table Metadata, §Schemas. */
export function checkMetadata(metadata: TableMetadata, report: ProblemReport): void {
  report.require(
    UUID.test(metadata['table-uuid']),
    'table-uuid',
    `expected a lower-case UUID, got "${metadata['table-uuid']}"`,
  );
  report.require(
    !metadata.location.endsWith('/'),
    'location',
    `expected no trailing slash, got "${metadata.location}"`,
  );
  checkSchemas(metadata, report);
  checkSpecs(metadata, report);
  checkSortOrders(metadata, report);
  checkSnapshots(metadata, report);
  checkRefs(metadata, report);
  checkLogs(metadata, report);
}

function checkSchemas(metadata: TableMetadata, report: ProblemReport): void {
  requireUnique(
    metadata.schemas.map((schema) => schema['schema-id']),
    'schemas',
    report,
  );
  for (const schema of metadata.schemas) {
    const where = `schemas[${schema['schema-id']}]`;
    const ids = schema.fields.flatMap((field) => [...columnsById({ fields: [field] }).keys()]);
    requireUnique(ids, where, report);
    requireUnique(
      schema.fields.map((field) => field.name.toLowerCase()),
      where,
      report,
    );
    report.require(
      highestFieldId(schema) <= Math.min(metadata['last-column-id'], MAX_FIELD_ID),
      where,
      `expected field ids up to last-column-id ${metadata['last-column-id']}, got ${highestFieldId(schema)}`,
    );
  }
}

function checkSpecs(metadata: TableMetadata, report: ProblemReport): void {
  const specs = metadata['partition-specs'];
  requireUnique(
    specs.map((spec) => spec['spec-id']),
    'partition-specs',
    report,
  );
  for (const spec of specs) {
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
    for (const { name, 'field-id': id } of spec.fields) {
      report.require(
        id >= FIRST_PARTITION_FIELD_ID && id <= metadata['last-partition-id'],
        where,
        `${name}: expected a field id from 1000 to last-partition-id ${metadata['last-partition-id']}, got ${id}`,
      );
    }
    if (spec['spec-id'] !== metadata['default-spec-id']) continue;
    report.attempt(where, () => bindPartitionSpec(spec, currentSchema(metadata)));
  }
  const conflict = findPartitionNameConflict(specs, currentSchema(metadata));
  if (conflict !== null) report.add('partition-specs', conflict);
}

function checkSortOrders(metadata: TableMetadata, report: ProblemReport): void {
  const orders = metadata['sort-orders'];
  requireUnique(
    orders.map((order) => order['order-id']),
    'sort-orders',
    report,
  );
  const defaultId = metadata['default-sort-order-id'];
  report.require(
    orders.some((order) => order['order-id'] === defaultId),
    'default-sort-order-id',
    `expected the id of a sort order, got ${defaultId}`,
  );
  for (const order of orders) {
    report.require(
      (order['order-id'] === 0) === (order.fields.length === 0),
      `sort-orders[${order['order-id']}]`,
      `expected id 0 for the order without fields only, got ${order.fields.length} fields`,
    );
  }
}

function checkSnapshots(metadata: TableMetadata, report: ProblemReport): void {
  const { snapshots } = metadata;
  requireUnique(
    snapshots.map((snapshot) => snapshot['snapshot-id']),
    'snapshots',
    report,
  );
  requireUnique(
    snapshots.map((snapshot) => snapshot['sequence-number']),
    'snapshots',
    report,
  );
  for (const snapshot of snapshots) {
    const where = `snapshots[${snapshot['snapshot-id']}]`;
    const sequence = snapshot['sequence-number'];
    report.require(snapshot['snapshot-id'] > 0n, where, 'expected a positive snapshot id');
    report.require(
      sequence > 0n && sequence <= metadata['last-sequence-number'],
      where,
      `expected a sequence number from 1 to ${metadata['last-sequence-number']}, got ${sequence}`,
    );
    report.require(
      snapshot['timestamp-ms'] <= metadata['last-updated-ms'],
      where,
      `expected a time up to last-updated-ms ${metadata['last-updated-ms']}, got ${snapshot['timestamp-ms']}`,
    );
    report.require(
      OPERATIONS.has(snapshot.summary['operation'] ?? ''),
      where,
      `expected an operation, got "${snapshot.summary['operation']}"`,
    );
    const schemaId = snapshot['schema-id'];
    report.require(
      schemaId !== undefined && metadata.schemas.some((schema) => schema['schema-id'] === schemaId),
      where,
      `expected the schema-id of a schema, got ${schemaId}`,
    );
    const parentId = snapshot['parent-snapshot-id'];
    const parent = parentId === undefined ? null : snapshotById(metadata, parentId);
    report.require(
      parent === null || parent['sequence-number'] < sequence,
      where,
      `expected a parent with a lower sequence number than ${sequence}, got ${parent?.['sequence-number']}`,
    );
  }
}

function checkRefs(metadata: TableMetadata, report: ProblemReport): void {
  for (const [name, ref] of Object.entries(metadata.refs)) {
    report.require(
      snapshotById(metadata, ref['snapshot-id']) !== null,
      `refs.${name}`,
      `expected a snapshot of the table, got ${ref['snapshot-id']}`,
    );
  }
  const main = metadata.refs[MAIN_BRANCH];
  report.require(
    (main?.['snapshot-id'] ?? null) === metadata['current-snapshot-id'],
    'refs.main',
    `expected the current snapshot ${metadata['current-snapshot-id']}, got ${main?.['snapshot-id']}`,
  );
}

function checkLogs(metadata: TableMetadata, report: ProblemReport): void {
  const log = metadata['snapshot-log'];
  const current = currentSnapshot(metadata);
  report.require(
    (log.at(-1)?.['snapshot-id'] ?? null) === (current?.['snapshot-id'] ?? null),
    'snapshot-log',
    `expected the current snapshot last, got ${log.at(-1)?.['snapshot-id']}`,
  );
  requireAscending(
    log.map((entry) => entry['timestamp-ms']),
    'snapshot-log',
    report,
  );
  const files = metadata['metadata-log'];
  requireAscending(
    files.map((entry) => entry['timestamp-ms']),
    'metadata-log',
    report,
  );
  requireUnique(
    files.map((entry) => entry['metadata-file']),
    'metadata-log',
    report,
  );
  for (const entry of [...log, ...files]) {
    report.require(
      entry['timestamp-ms'] <= metadata['last-updated-ms'],
      'last-updated-ms',
      `expected no log entry after ${metadata['last-updated-ms']}, got ${entry['timestamp-ms']}`,
    );
  }
}

function requireUnique(
  values: readonly (string | number | bigint)[],
  where: string,
  report: ProblemReport,
): void {
  const repeated = new Set(values.filter((value, index) => values.indexOf(value) !== index));
  for (const value of repeated) report.add(where, `expected unique values, got ${value} twice`);
}

function requireAscending(times: readonly number[], where: string, report: ProblemReport): void {
  const index = times.findIndex((time, at) => at > 0 && time < (times[at - 1] ?? 0));
  report.require(index === -1, where, `expected times in order, got ${times[index]} out of order`);
}
