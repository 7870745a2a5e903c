import { BATCH_KEY, encodeBatchSummaries } from '#core/delivery/batch-summary.ts';
import { addCounts, type DeliveryCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import type { Position } from '#core/delivery/position.ts';
import { encodeSourceStates, SOURCES_KEY, type SourceState } from '#core/delivery/source-state.ts';
import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';

export const SHARD = 'kinesis:local-market/shardId-000000000000';
export const OTHER_SHARD = 'kinesis:local-market/shardId-000000000001';
export const HOUR_10 = '2026-11-20T10';
export const HOUR_11 = '2026-11-20T11';
export const HOUR_12 = '2026-11-20T12';

/** Position of the n-th record. */
export function at(sequence: number, subSequence = 0): Position {
  return { sequence: String(sequence).padStart(56, '0'), subSequence };
}

export function counted(counts: Partial<DeliveryCounts>): DeliveryCounts {
  return { ...NO_COUNTS, ...counts };
}

/** One commit: stream to hour to counts, for the events from `first` to `last`. */
export interface Commit {
  readonly source?: string;
  readonly first: number;
  readonly last: number;
  readonly streams: Readonly<Record<string, Readonly<Record<string, Partial<DeliveryCounts>>>>>;
  /** A writer that does not state its batches. */
  readonly withoutBatch?: boolean;
}

/** A table's metadata as commits, rollbacks and expiry leave it. */
export class TableHistory {
  #metadata: TableMetadata;
  #nextId = 100n;
  readonly #states = new Map<bigint, ReadonlyMap<string, SourceState>>();

  constructor(tableUuid = '00000000-0000-4000-8000-000000000001') {
    this.#metadata = createTableMetadata({
      location: 's3://lake/db/trade',
      tableUuid,
      schema: {
        type: 'struct',
        'schema-id': 0,
        fields: [{ id: 1, name: 'symbol', required: true, type: 'string' }],
      },
      partitionSpec: { 'spec-id': 0, fields: [] },
      properties: {},
      nowMs: Date.parse('2026-11-20T10:00:00Z'),
    });
  }

  get metadata(): TableMetadata {
    return this.#metadata;
  }

  commit(commit: Commit): bigint {
    const source = commit.source ?? SHARD;
    const streams = new Map(
      Object.entries(commit.streams).map(([stream, hours]) => [
        stream,
        new Map(Object.entries(hours).map(([hour, counts]) => [hour, counted(counts)])),
      ]),
    );
    const sum = [...streams.values()]
      .flatMap((hours) => [...hours.values()])
      .reduce(addCounts, NO_COUNTS);
    const before = this.#currentStates();
    const state: SourceState = {
      position: at(commit.last),
      maxEventTimeMicros: null,
      counts: addCounts(before.get(source)?.counts ?? NO_COUNTS, sum),
    };
    const states = new Map([...before, [source, state]]);
    const batch = { source, first: at(commit.first), last: at(commit.last), streams };
    const sources = encodeSourceStates(states);
    const id = this.#add({
      [SOURCES_KEY]: sources,
      ...(commit.withoutBatch === true ? {} : { [BATCH_KEY]: encodeBatchSummaries([batch]) }),
    });
    this.#states.set(id, states);
    const properties = { ...this.#metadata.properties, [SOURCES_KEY]: sources };
    this.#metadata = { ...this.#metadata, properties };
    return id;
  }

  /** A commit of another engine: no entries of ours. */
  foreignCommit(): bigint {
    const states = this.#currentStates();
    const id = this.#add({});
    this.#states.set(id, states);
    return id;
  }

  rollBackTo(id: bigint): void {
    this.#metadata = { ...this.#metadata, 'current-snapshot-id': id };
  }

  expire(...ids: readonly bigint[]): void {
    this.#metadata = {
      ...this.#metadata,
      snapshots: this.#metadata.snapshots.filter(
        (snapshot) => !ids.includes(snapshot['snapshot-id']),
      ),
    };
  }

  #currentStates(): ReadonlyMap<string, SourceState> {
    const id = this.#metadata['current-snapshot-id'];
    return (id === null ? undefined : this.#states.get(id)) ?? new Map();
  }

  #add(summary: Readonly<Record<string, string>>): bigint {
    const base = this.#metadata;
    const id = this.#nextId++;
    const sequenceNumber = base['last-sequence-number'] + 1n;
    const timestampMs = base['last-updated-ms'] + 1000;
    const parent = base['current-snapshot-id'];
    const snapshot: Snapshot = {
      'snapshot-id': id,
      ...(parent === null ? {} : { 'parent-snapshot-id': parent }),
      'sequence-number': sequenceNumber,
      'timestamp-ms': timestampMs,
      'manifest-list': `s3://lake/db/trade/metadata/snap-${id}.avro`,
      summary: { operation: 'append', ...summary },
    };
    this.#metadata = {
      ...base,
      'last-sequence-number': sequenceNumber,
      'last-updated-ms': timestampMs,
      'current-snapshot-id': id,
      snapshots: [...base.snapshots, snapshot],
    };
    return id;
  }
}
