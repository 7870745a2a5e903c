import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { EventStream } from '#ports/event-stream.ts';
import type { FileRunStore } from '#ports/file-run-store.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { ReceiptStore } from '#ports/receipt-store.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';
import type { TableReader } from '#ports/table-reader.ts';
import type { SchemaLookup } from '../schema-lookup.ts';

/** Stream of a registered schema version; null when it is none of the domain's. */
export type StreamOfSchema = (id: WireSchemaId) => string | null;

export interface LedgerDeps {
  readonly store: ObjectStore;
  readonly catalog: TableCatalog;
  readonly reader: TableReader;
  readonly stream: EventStream;
  readonly receipts: ReceiptStore;
  readonly stagingLog: Pick<StagingLog, 'list'>;
  /** Runs of uploaded files; left out for a domain without files. */
  readonly fileRuns?: FileRunStore | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** Whose books are kept, and where everything lies. */
export interface LedgerConfig {
  readonly domain: string;
  /** Every stream of the buffer that carries events of the domain. */
  readonly streamNames: readonly string[];
  /** Of Kafka topics (kafkaSource). @default 1 */
  readonly topicGeneration?: number;
  readonly retentionMs: number;
  readonly graceMs: number;
  readonly streams: readonly { readonly name: string; readonly table: TableIdent }[];
  readonly rejectedTable: TableIdent;
  readonly ledgerTable: TableIdent;
  /** Of versions that are known without the registry. */
  readonly streamOfSchema: StreamOfSchema;
  /** Streams of versions that only the registry knows; left out: there is no registry. */
  readonly schemas?: SchemaLookup<string> | undefined;
  /** `s3://bucket` of the failure destination. */
  readonly deadLetterUri: string;
  /** Event source mappings whose failed batches lie there. */
  readonly mappingIds: readonly string[];
}

/** Bounds of one run; what is left over is taken up by the next. */
export interface LedgerLimits {
  /** No shard is read on after this time. */
  readonly deadlineMs: number;
  readonly maxEvents: number;
  /** Failed batches that were not judged before. */
  readonly maxFailures: number;
  /** Size of their objects together; one is judged whatever its size. */
  readonly maxFailureBytes: number;
}

export const DEFAULT_MAX_EVENTS = 100_000_000;
export const DEFAULT_MAX_FAILURES = 500;
/** Every event of a failed batch is in memory while it is judged; an object holds up to 6 MB of them. */
export const DEFAULT_MAX_FAILURE_BYTES = 128 * 1024 * 1024;
