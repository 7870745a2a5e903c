import { ColumnTarget } from '#core/avro/columns/column-target.ts';
import type { Stream } from '#core/config/project.ts';
import { type ArrivedHashes, idCount } from '#core/delivery/hashed-id-buckets.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createParquetWriter, type ParquetWriter } from '#core/parquet/write-parquet.ts';
import type { CommittedIds } from '../committed-ids.ts';
import { createRecentIds, type RecentIds } from './recent-ids.ts';

/**
 * What one instance keeps from batch to batch. All of it saves time only: it comes from the tables or from what was
 * staged, and can be lost at any moment.
 */
export interface InstanceMemory {
  /** Identities in the tables, by `database.table`. */
  readonly committedIds: Map<string, CommittedIds>;
  /** Identities in files that this instance has staged, by path. */
  readonly staged: StagedIds;
  /** Identities that this instance has staged for a table lately. */
  recentIds(table: string): RecentIds;
  /** Buffers that events of a stream are decoded into; one batch at a time. */
  targetOf(stream: Pick<Stream, 'name' | 'fields'>): ColumnTarget;
  readonly parquet: ParquetWriter;
  /** Tables as they were when they were read last, by `database.table`. */
  readonly tables: Map<string, CachedTable>;
}

/** A table as it was read, without its history: what is needed to write files for it. */
export interface CachedTable {
  readonly metadata: TableMetadata;
  readonly readAtMs: number;
}

/** Identities of staged files. */
export interface StagedIds {
  get(path: string): ArrivedHashes | undefined;
  add(path: string, ids: ArrivedHashes): void;
}

/** At 24 bytes each. */
const MAX_STAGED_IDS = 500_000;

export function createInstanceMemory(): InstanceMemory {
  const recent = new Map<string, RecentIds>();
  const targets = new Map<string, ColumnTarget>();
  return {
    committedIds: new Map(),
    staged: createStagedIds(),
    recentIds: (table) => {
      const known = recent.get(table) ?? createRecentIds();
      recent.set(table, known);
      return known;
    },
    targetOf: ({ name, fields }) => {
      const known = targets.get(name) ?? new ColumnTarget(fields);
      targets.set(name, known);
      return known;
    },
    parquet: createParquetWriter(),
    tables: new Map(),
  };
}

/** The newest files, as far as memory goes. */
function createStagedIds(): StagedIds {
  const files = new Map<string, ArrivedHashes>();
  let size = 0;
  const drop = (path: string): void => {
    size -= sizeOf(files.get(path));
    files.delete(path);
  };
  return {
    get: (path) => files.get(path),
    add: (path, ids) => {
      drop(path);
      files.set(path, ids);
      size += sizeOf(ids);
      for (const oldest of files.keys()) {
        if (size <= MAX_STAGED_IDS || oldest === path) break;
        drop(oldest);
      }
    },
  };
}

function sizeOf(ids: ArrivedHashes | undefined): number {
  return ids === undefined ? 0 : idCount(ids);
}
