/**
 * Writers that commit by themselves to one table for a while, in a process of its own: each has a shard and an instance
 * memory of its own, and services that take as long as those of a region. A batch that fails is delivered again, as Lambda does.
 */
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import { loadTable } from '#app/load-table.ts';
import { readLiveRows } from '#app/read-live-rows.ts';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import { bufferBatches } from '#runtime/buffer-batches.ts';
import {
  type BenchLake,
  benchConfig,
  benchInstance,
  createBenchLake,
} from '../handler/bench-lake.ts';
import { smallTickEvent, type TickDomain, tickDomain } from '../handler/tick-domain.ts';
import { withLatency } from '../handler/with-latency.ts';
import { answerParent } from '../process/answer-parent.ts';

export interface ContentionRequest {
  readonly writers: number;
  readonly seconds: number;
}

export interface ContentionMeasured {
  /** Batches that were committed and acknowledged to their writer, per second. */
  readonly commitsPerSecond: number;
  /** A writer that was overtaken takes along what others have staged: one snapshot may commit several batches. */
  readonly snapshotsPerSecond: number;
  /** Batches that their writer had to report as failed. */
  readonly surfacedFailures: number;
  readonly batches: number;
  /** Events that were taken in and are in no row of the table. */
  readonly lostRows: number;
  /** Rows beyond the first of an event. */
  readonly duplicateRows: number;
  /** Of every batch, retries included. */
  readonly batchMs: readonly number[];
}

const EVENTS_PER_BATCH = 100;
/** After which a batch counts as one that never gets through. */
const MAX_DELIVERIES = 20;

if (import.meta.main) {
  await answerParent((request: ContentionRequest) => measureContention(tickDomain(), request));
}

async function measureContention(
  domain: TickDomain,
  { writers, seconds }: ContentionRequest,
): Promise<ContentionMeasured> {
  const near = await createBenchLake(new MemoryObjectStore(), {
    config: domain.config,
    shape: domain.schemas.table,
    location: 's3://lake',
  });
  const lake = withLatency(near);
  const before = performance.now();
  const endMs = before + seconds * 1000;
  const reports = await Promise.all(
    Array.from({ length: writers }, (_, shard) => write(domain, lake, { shard, endMs })),
  );
  const lastedMs = performance.now() - before;
  const batches = reports.reduce((sum, report) => sum + report.batchMs.length, 0);
  const surfacedFailures = reports.reduce((sum, report) => sum + report.failures, 0);
  const { snapshots, rows, events } = await readTable(near, domain);
  return {
    commitsPerSecond: (batches * 1000) / lastedMs,
    snapshotsPerSecond: (snapshots * 1000) / lastedMs,
    surfacedFailures,
    batches,
    lostRows: batches * EVENTS_PER_BATCH - events,
    duplicateRows: rows - events,
    batchMs: reports.flatMap((report) => report.batchMs),
  };
}

async function write(
  domain: TickDomain,
  lake: BenchLake,
  { shard, endMs }: { readonly shard: number; readonly endMs: number },
) {
  const deps = benchInstance(lake);
  const config = benchConfig(domain.config, 'direct');
  const batchMs: number[] = [];
  let failures = 0;
  for (let batch = 0; performance.now() < endMs; batch++) {
    const event = smallTickEvent(domain, { batch, shard, events: EVENTS_PER_BATCH });
    const before = performance.now();
    for (let delivery = 1; ; delivery++) {
      try {
        for (const part of bufferBatches(event)) await ingestBatch(deps, config, part);
        break;
      } catch (error) {
        failures++;
        if (delivery === MAX_DELIVERIES) throw error;
      }
    }
    batchMs.push(performance.now() - before);
  }
  return { batchMs, failures };
}

/** What the table holds in the end, read from its files. */
async function readTable(lake: BenchLake, { config }: TickDomain) {
  const [stream] = config.streams;
  if (stream === undefined) throw new Error('expected a stream of ticks');
  const { metadata } = await loadTable(lake, stream.table);
  const plan = await planScan({ read: (uri) => lake.store.get(uri) }, metadata);
  const events = new Set<unknown>();
  let rows = 0;
  const reader = createHyparquetTableReader(lake.store);
  for await (const group of readLiveRows(reader, plan.files, ['_event_id'])) {
    rows += group.length;
    for (const row of group) events.add(row['_event_id']);
  }
  return { snapshots: Number(metadata['last-sequence-number']), rows, events: events.size };
}
