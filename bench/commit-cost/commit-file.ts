import { type CommitDeps, commitTable } from '#app/commit-table.ts';
import { BATCH_KEY, encodeBatchSummaries } from '#core/delivery/batch-summary.ts';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { encodeSourceStates, SOURCES_KEY } from '#core/delivery/source-state.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import { encodeSingleValue, type SingleValue } from '#core/iceberg/spec/single-value.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { setSnapshotRef } from '#core/iceberg/transaction/snapshot-refs.ts';
import { COLUMNS, IDENT, LOCATION, START_MS, type World } from './table-world.ts';

const SHARDS = 4;
const DAY_MS = 24 * 3_600_000;

/** One commit as the committer makes it: a file, positions of all shards, the counts of its batch. */
export async function commitFile(
  world: World,
  deps: CommitDeps,
  tags: readonly string[],
): Promise<void> {
  const number = ++world.commits;
  const files = [dataFile(number, world.clock.nowMs())];
  const sources = encodeSourceStates(sourceStates(number));
  const summary = { [SOURCES_KEY]: sources, [BATCH_KEY]: batchOf(number) };
  await commitTable(deps, IDENT, {
    build: async () => ({
      addFiles: files,
      summary,
      properties: { [SOURCES_KEY]: sources },
      // A run tags the state that it reads, which is the one before this commit.
      ...(tags.length === 0
        ? {}
        : { evolveSchema: (base: TableMetadata) => tags.reduce(withTag, base) }),
    }),
  });
}

function withTag(base: TableMetadata, name: string): TableMetadata {
  const snapshotId = base['current-snapshot-id'];
  if (snapshotId === null) return base;
  return setSnapshotRef(base, name, {
    type: 'tag',
    snapshotId,
    maxRefAgeMs: name.startsWith('run-') ? 30 * DAY_MS : 365 * DAY_MS,
  });
}

function sourceStates(number: number) {
  return new Map(
    Array.from({ length: SHARDS }, (_, shard) => [
      `kinesis:prod-market-trade/shardId-${String(shard).padStart(12, '0')}`,
      {
        position: { sequence: String(number * 1000 + shard).padStart(56, '4'), subSequence: 499 },
        maxEventTimeMicros: BigInt(START_MS + number) * 1000n,
        counts: { ...NO_COUNTS, received: number * 50_000, committed: number * 50_000 },
      },
    ]),
  );
}

function batchOf(number: number): string {
  const position = { sequence: String(number).padStart(56, '4'), subSequence: 0 };
  const counts = { ...NO_COUNTS, received: 50_000, committed: 50_000 };
  const source = 'kinesis:prod-market-trade/shardId-000000000000';
  const streams = new Map([['trade', new Map([['2026-11-20T21', counts]])]]);
  return encodeBatchSummaries([{ source, first: position, last: position, streams }]);
}

function dataFile(number: number, nowMs: number): DataFile {
  const ids = COLUMNS.map((_column, index) => index + 1);
  const bound = (text: string) =>
    new Map(
      COLUMNS.map(([, type], index) => [index + 1, encodeSingleValue(type, boundOf(type, text))]),
    );
  const micros = encodeSingleValue('timestamp', BigInt(nowMs) * 1000n);
  const hash = String(number).padStart(32, 'a');
  return {
    filePath: `${LOCATION}/data/ts_day=2026-11-20/shardId-000000000000-${hash}.parquet`,
    partition: [Math.floor(nowMs / DAY_MS)],
    recordCount: 50_000n,
    fileSizeBytes: 1_400_000n,
    columnSizes: new Map(ids.map((id) => [id, BigInt(100_000 + number)])),
    valueCounts: new Map(ids.map((id) => [id, 50_000n])),
    nullValueCounts: new Map(ids.map((id) => [id, 0n])),
    nanValueCounts: new Map(),
    lowerBounds: new Map([...bound('aaaaaaaa'), [5, micros], [8, micros]]),
    upperBounds: new Map([...bound('zzzzzzzz'), [5, micros], [8, micros]]),
    splitOffsets: [4n],
  };
}

function boundOf(type: (typeof COLUMNS)[number][1], text: string): SingleValue {
  if (type === 'string') return text;
  if (type === 'int') return 1;
  return type === 'boolean' ? false : 1n;
}
