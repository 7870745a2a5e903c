import type { DeliveryCounts } from '#core/delivery/source-state.ts';
import type { StreamPlan } from '#core/delivery/stream-plan.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { TableReader } from '#ports/table-reader.ts';
import type { CommitDeps } from './commit-table.ts';
import type { CommittedIds } from './committed-ids.ts';
import type { SchemaLookup } from './schema-lookup.ts';

/** A stream of the domain, compiled for ingestion. */
export interface IngestStream {
  readonly plan: StreamPlan;
  readonly table: TableIdent;
  /** Applies the schema versions the table does not have yet; returns the same object when there is none. */
  readonly evolveSchema: (metadata: TableMetadata) => TableMetadata;
  /** Identities of committed rows that memory has room for. */
  readonly maxCommittedIds: number;
}

/** A registered writer schema: how to read records that name it. */
export interface RecordReader {
  readonly stream: IngestStream;
  readonly schemaVersion: number;
  /** Throws FORMAT_CORRUPT. */
  readonly decode: (payload: Uint8Array) => Row;
}

export interface IngestDeps extends CommitDeps {
  readonly reader: TableReader;
  /** What this instance knows of the tables, by `database.table`; starts empty. */
  readonly committedIds: Map<string, CommittedIds>;
}

export interface IngestConfig {
  readonly domain: string;
  readonly streams: readonly IngestStream[];
  /** Null for a schema version that is none of the domain's, as far as is known (see `schemas`). */
  readonly readerOf: (schemaVersionId: WireSchemaId) => RecordReader | null;
  /** Look-up of versions that only the registry knows; left out: there is no registry. */
  readonly schemas?: SchemaLookup<RecordReader> | undefined;
  /** Table of the events that are not taken in. */
  readonly rejectedTable: TableIdent;
  /** `s3://bucket` of the dead letters. */
  readonly deadLetterUri: string;
  /** What is taken in at a time, in bytes of events; a batch that inflates to more is cut into slices. */
  readonly maxSliceBytes: number;
}

/** What a batch did to one table. */
export interface IngestedTable {
  readonly table: string;
  readonly outcome: 'committed' | 'already-committed';
  /** Of the last commit; null when there was none. */
  readonly snapshotId: bigint | null;
  readonly attempts: number;
  /** Of the events this call brought in; zero where a redelivery brought nothing new. */
  readonly counts: DeliveryCounts;
  /** Duplicates were looked for in less than the configured horizon: memory did not suffice. */
  readonly isHorizonCut: boolean;
}
