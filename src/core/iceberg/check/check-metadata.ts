import type { TableMetadata } from '../spec/table-metadata.ts';
import { checkHistory } from './check-history.ts';
import { requireLocation } from './check-location.ts';
import { checkPartitionSpecs } from './check-partition-specs.ts';
import { checkSchemas } from './check-schemas.ts';
import { checkSortOrders } from './check-sort-orders.ts';
import type { ProblemReport } from './problem.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Of version 1, which version 2 writers leave out, and of version 3. Source: Iceberg §Table Metadata Fields. */
const FOREIGN_KEYS = ['schema', 'partition-spec', 'next-row-id', 'encryption-keys'];

/** Rules of table metadata that parsing does not enforce. Source: Iceberg v2 §Table Metadata. */
export function checkMetadata(metadata: TableMetadata, report: ProblemReport): void {
  report.require(
    UUID.test(metadata['table-uuid']),
    'table-uuid',
    `expected a lower-case UUID, got "${metadata['table-uuid']}"`,
  );
  requireLocation(metadata, report);
  for (const key of FOREIGN_KEYS) {
    report.require(!(key in metadata), key, 'expected no such key in version 2');
  }
  report.require(
    metadata['last-updated-ms'] > 0,
    'last-updated-ms',
    `expected milliseconds since 1970, got ${metadata['last-updated-ms']}`,
  );
  checkSchemas(metadata, report);
  checkPartitionSpecs(metadata, report);
  checkSortOrders(metadata, report);
  checkHistory(metadata, report);
}
