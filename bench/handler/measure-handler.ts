/**
 * One instance of the writer in a process of its own: Lambda event objects in, staged files out, batch after batch; and
 * a committer beside it, where the request wants one.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { FsObjectStore } from '#adapters/fs/fs-object-store.ts';
import { commitConfigOf, commitStaged } from '#app/commit-staged.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import type { IngestConfig, IngestDeps } from '#app/ingest-stream.ts';
import { bufferBatches } from '#runtime/buffer-batches.ts';
import type { KinesisStreamEvent } from '#runtime/kinesis-batch.ts';
import { answerParent } from '../process/answer-parent.ts';
import { type BenchLake, benchConfig, benchInstance, createBenchLake } from './bench-lake.ts';
import { countRequests, noRequests, type RequestCounts } from './count-requests.ts';
import { tickDomain } from './tick-domain.ts';
import { withLatency } from './with-latency.ts';
import { payloadFile } from './write-payloads.ts';

export interface HandlerRequest {
  /** Of the payloads; the lake is made in it and removed. */
  readonly folder: string;
  readonly shard: number;
  readonly batches: number;
  /** Batches at the start that do not count: code is still being compiled. */
  readonly warmUp: number;
  /** Batches per commit; 0: nothing is committed. */
  readonly commitEvery: number;
  /** Services answer as fast as those of a region, or at once. */
  readonly isRemote: boolean;
}

/** Of one batch or commit. */
export interface Lap {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export interface HandlerMeasured {
  readonly eventsPerBatch: number;
  readonly payloadBytes: number;
  readonly batches: readonly Lap[];
  readonly commits: readonly Lap[];
  /** Of the batches that count, and of the commits among them. */
  readonly stageRequests: RequestCounts;
  readonly commitRequests: RequestCounts;
  /** Rows that were committed, warm-up included. */
  readonly committedRows: number;
  readonly stagedBytesPerEvent: number;
}

if (import.meta.main) await answerParent(measureHandler);

async function measureHandler(
  request: HandlerRequest,
  ready: () => Promise<void>,
): Promise<HandlerMeasured> {
  const world = await createWorld(request);
  const { warmUp, commitEvery } = request;
  const batches: Lap[] = [];
  const commits: Lap[] = [];
  let [eventsPerBatch, payloadBytes, committedRows] = [0, 0, 0];
  for (let batch = 0; batch < warmUp + request.batches; batch++) {
    const payload = readFileSync(payloadFile(request.folder, { shard: request.shard, batch }));
    if (batch === warmUp) {
      await ready();
      world.reset();
    }
    const staged = await timed(() => stage(world.writer, world.config, payload));
    eventsPerBatch = staged.result;
    payloadBytes = payload.length;
    if (batch >= warmUp) batches.push(staged.lap);
    if (commitEvery === 0 || (batch + 1) % commitEvery !== 0) continue;
    const committed = await timed(() => commit(world.committer, world.config));
    committedRows += committed.result;
    if (batch >= warmUp) commits.push(committed.lap);
  }
  const { stageRequests, commitRequests } = world;
  const events = (warmUp + request.batches) * eventsPerBatch;
  const stagedBytesPerEvent = (await world.stagedBytes()) / events;
  world.remove();
  return {
    eventsPerBatch,
    payloadBytes,
    batches,
    commits,
    stageRequests,
    commitRequests,
    committedRows,
    stagedBytesPerEvent,
  };
}

/** Writer and committer are functions of their own: neither knows what the other remembers. */
async function createWorld(request: HandlerRequest) {
  const domain = tickDomain();
  const folder = mkdtempSync(path.join(request.folder, 'lake-'));
  const location = `file://${folder}`;
  const store = new FsObjectStore();
  const near = await createBenchLake(store, {
    config: domain.config,
    shape: domain.schemas.table,
    location,
  });
  const lake: BenchLake = request.isRemote ? withLatency(near) : near;
  const [stageRequests, commitRequests] = [noRequests(), noRequests()];
  return {
    config: benchConfig(domain.config, 'group'),
    writer: instanceOf(countRequests(lake, stageRequests)),
    committer: instanceOf(countRequests(lake, commitRequests)),
    stageRequests,
    commitRequests,
    reset: () => {
      Object.assign(stageRequests, noRequests());
      Object.assign(commitRequests, noRequests());
    },
    stagedBytes: async () => {
      let bytes = 0;
      for await (const { uri, sizeBytes } of store.list(location)) {
        if (uri.endsWith('.parquet')) bytes += sizeBytes;
      }
      return bytes;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function instanceOf(lake: ReturnType<typeof countRequests>): IngestDeps {
  return { ...benchInstance(lake), doorbell: lake.doorbell };
}

/** What the function does from the bytes of its invocation on; returns the rows that it staged. Throws when some are missing. */
async function stage(deps: IngestDeps, config: IngestConfig, payload: Buffer): Promise<number> {
  const event = JSON.parse(payload.toString('utf8')) as KinesisStreamEvent;
  let rows = 0;
  for (const batch of bufferBatches(event)) {
    for (const { outcome, counts } of await ingestBatch(deps, config, batch)) {
      if (outcome !== 'staged') throw new Error(`expected a staged table, got ${outcome}`);
      if (counts.committed !== counts.received) {
        throw new Error(`expected ${counts.received} rows, got ${counts.committed}`);
      }
      rows += counts.committed;
    }
  }
  if (rows === 0) throw new Error('expected staged rows, got none');
  return rows;
}

/** Returns the rows that it committed. */
async function commit(deps: IngestDeps, config: IngestConfig): Promise<number> {
  const { tables, failures } = await commitStaged(deps, commitConfigOf(config));
  const [failure] = failures;
  if (failure !== undefined) throw failure.error;
  return tables
    .flatMap(({ sources }) => sources)
    .reduce((sum, { counts }) => sum + counts.committed, 0);
}

async function timed<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly lap: Lap }> {
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  const result = await work();
  const wallMs = performance.now() - before;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { result, lap: { wallMs, cpuMs: (user + system) / 1000 } };
}
