import type { ArrivedEvent } from '#core/delivery/process-rows.ts';
import type { DeliveryCounts } from '#core/delivery/source-state.ts';
import type { StreamPlan } from '#core/delivery/stream-plan.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';

/** A stream of the domain, compiled for ingestion. */
export interface IngestStream {
  readonly plan: StreamPlan;
  readonly table: TableIdent;
  /** Applies the schema versions the table does not have yet; returns the same object when there is none. */
  readonly evolveSchema: (metadata: TableMetadata) => TableMetadata;
}

/** A registered writer schema: how to read records that name it. */
export interface RecordReader {
  readonly stream: IngestStream;
  readonly schemaVersion: number;
  /** Throws FORMAT_CORRUPT. */
  readonly decode: (payload: Uint8Array) => Row;
}

export interface IngestDeps {
  readonly store: ObjectStore;
  readonly catalog: TableCatalog;
  readonly clock: Clock;
  readonly random: Random;
}

export interface IngestConfig {
  readonly domain: string;
  readonly streams: readonly IngestStream[];
  readonly readerOf: (schemaVersionId: string) => RecordReader | null;
  /** `s3://bucket` of the dead letters. */
  readonly deadLetterUri: string;
}

export interface IngestedStream {
  readonly stream: string;
  readonly outcome: 'committed' | 'already-committed';
  readonly snapshotId: bigint | null;
  readonly attempts: number;
  /** Of the events this call brought in; zero where a redelivery brought nothing new. */
  readonly counts: DeliveryCounts;
}

/** An event with what is needed to file it when it is discarded. */
export interface SourceEvent extends ArrivedEvent {
  readonly partitionKey: string;
  readonly payload: Uint8Array;
}
