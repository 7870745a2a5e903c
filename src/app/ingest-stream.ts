import type { DeliveryCounts } from '#core/delivery/delivery-counts.ts';
import type { BlockReader } from '#core/delivery/event-block.ts';
import type { StreamPlan } from '#core/delivery/stream-plan.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { ColumnReader } from '#ports/column-reader.ts';
import type { MessageQueue } from '#ports/message-queue.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { TableReader } from '#ports/table-reader.ts';
import type { CommitDeps } from './commit-table.ts';
import type { SchemaLookup } from './schema-lookup.ts';
import type { InstanceMemory } from './stage/instance-memory.ts';

/** A stream of the domain, compiled for ingestion. */
export interface IngestStream {
  readonly plan: StreamPlan;
  readonly table: TableIdent;
  /** Applies the schema versions the table does not have yet; returns the same object when there is none. */
  readonly evolveSchema: (metadata: TableMetadata) => TableMetadata;
  /** Identities of committed rows that memory has room for. */
  readonly maxCommittedIds: number;
}

/** A registered writer schema: how to read records that name it, into columns or one by one. */
export interface RecordReader extends Omit<BlockReader, 'plan'> {
  readonly stream: IngestStream;
  /** One event alone, with what is outside the schema. Throws FORMAT_CORRUPT. */
  readonly decode: (payload: Uint8Array) => Row;
}

export interface IngestDeps extends CommitDeps {
  readonly reader: TableReader;
  /** Reads whole files, which rows are left out of. */
  readonly columns: ColumnReader;
  /** Where batches are noted once they are written. */
  readonly stagingLog: StagingLog;
  /** Of this instance; starts empty. */
  readonly memory: InstanceMemory;
  /** Wakes the domain's committer, where it commits for all writers; a tick does too, so a lost message only delays. */
  readonly doorbell?: MessageQueue | undefined;
}

/**
 * Who commits what is staged: a committer for all sources of the domain, in groups, or each writer its own batch at once.
 * Staged batches are the same: the mode may change at any time.
 */
export type CommitMode = 'direct' | 'group';

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
  /** @default direct */
  readonly commit?: CommitMode | undefined;
  /** Batches of a source that may wait for their commit; beyond, none is staged. @default DEFAULT_MAX_LINKS */
  readonly maxLinks?: number | undefined;
}

/** What a batch did to one table. */
export interface IngestedTable {
  readonly table: string;
  /** `staged`: written and decided; the domain's committer puts it into the table. */
  readonly outcome: 'committed' | 'already-committed' | 'staged';
  /** Of the last commit; null when there was none. */
  readonly snapshotId: bigint | null;
  readonly attempts: number;
  /** Of the events this call brought in; zero where a redelivery brought nothing new. */
  readonly counts: DeliveryCounts;
  /** Duplicates were looked for in less than the configured horizon: memory did not suffice. */
  readonly isHorizonCut: boolean;
}
