import { UNSORTED } from '#core/iceberg/spec/sort-order.ts';
import type { TableShape } from './table-shape.ts';

/** Name of the table of a domain's events that were read but not taken in; no stream may have it. */
export const REJECTED_TABLE = 'rejected';

/**
 * How the `rejected` table of every domain is created, frozen for ever like the shapes in schemas/tables:
 * CloudFormation would replace a table whose creation changes. A later column is a migration.
 */
export const REJECTED_TABLE_SHAPE: Pick<
  TableShape,
  'schema' | 'partitionSpec' | 'sortOrder' | 'properties'
> = {
  schema: {
    type: 'struct',
    'schema-id': 0,
    fields: [
      {
        id: 1,
        name: 'stream',
        required: true,
        type: 'string',
        doc: '_unknown without a known schema',
      },
      { id: 2, name: 'kind', required: true, type: 'string', doc: 'rejected or undecodable' },
      { id: 3, name: 'reason', required: true, type: 'string', doc: 'why it was not taken in' },
      { id: 4, name: 'row', required: false, type: 'string', doc: 'decoded values, JSON' },
      { id: 5, name: 'payload', required: false, type: 'binary', doc: 'bytes as they arrived' },
      { id: 6, name: 'payload_uri', required: false, type: 'string', doc: 'object with the event' },
      { id: 7, name: 'partition_key', required: true, type: 'string' },
      { id: 8, name: '_schema_version', required: false, type: 'int' },
      { id: 9, name: '_ingested_at', required: true, type: 'timestamp', doc: 'arrival, UTC' },
      { id: 10, name: '_source', required: true, type: 'string', doc: 'shard' },
      { id: 11, name: '_sequence', required: true, type: 'string', doc: 'sequence number' },
      { id: 12, name: '_sub_sequence', required: true, type: 'int', doc: 'place in the record' },
    ],
  },
  partitionSpec: {
    'spec-id': 0,
    fields: [{ 'source-id': 9, 'field-id': 1000, name: '_ingested_at_day', transform: 'day' }],
  },
  sortOrder: UNSORTED,
  properties: {
    'write.format.default': 'parquet',
    'write.parquet.compression-codec': 'zstd',
    'write.metadata.previous-versions-max': '100',
    'sluice.migrations-applied': '0',
  },
};
