import { describe, expect, it } from 'vitest';
import { createOutput } from '#cli/output.ts';
import { printStatus } from '#cli/status/print-status.ts';
import type { StatusReport } from '#cli/status/status-report.ts';
import { RecordingStreams } from '../recording-streams.ts';

const NOON = Date.UTC(2026, 0, 31, 12);
const SECOND = 1000;
const MINUTE = 60 * SECOND;

const alarm = (name: string, state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA') => ({
  name: `sluice-local-market-${name}`,
  description: '',
  state,
  reason: '',
  sinceMs: NOON,
});

const WELL: StatusReport = {
  cloud: {
    endpoint: 'http://127.0.0.1:4566',
    pid: 4242,
    pending: false,
    stacks: [
      { name: 'sluice-local-storage', resources: 12 },
      { name: 'sluice-local-market-processing', resources: 26 },
    ],
    delegates: {},
  },
  alarms: [alarm('lake-writer-errors', 'OK'), alarm('lake-writer-dropped', 'OK')],
  functions: [
    {
      name: 'sluice-local-market-lake-writer',
      invocations: 12_345,
      errors: 0,
      lastInvocationMs: NOON - 5 * SECOND,
      lastDurationMs: 1_529,
    },
    {
      name: 'sluice-local-market-ledger',
      invocations: 0,
      errors: 0,
      lastInvocationMs: null,
      lastDurationMs: null,
    },
  ],
  shards: [
    {
      stream: 'local-market',
      shard: 'shardId-000000000000',
      open: true,
      checkpoint: '49500017952136110000000000000000000000000000000000000003',
      waiting: 0,
      isMore: false,
      oldestArrivalMs: null,
    },
    {
      stream: 'local-market',
      shard: 'shardId-000000000001',
      open: false,
      checkpoint: null,
      waiting: 0,
      isMore: false,
      oldestArrivalMs: null,
    },
  ],
  staged: [{ domain: 'market', batches: 0, oldestStagedAtMs: null }],
  tables: [
    {
      database: 'local_market_bronze',
      table: 'trade',
      rows: 1_234_567,
      snapshots: 3,
      files: 3,
      bytes: 9,
      lastCommitMs: NOON - 3 * MINUTE,
    },
    {
      database: 'local_market_bronze',
      table: 'rejected',
      rows: 0,
      snapshots: 0,
      files: 0,
      bytes: 0,
      lastCommitMs: null,
    },
  ],
  ledgers: [{ domain: 'market', lastRunMs: NOON - 4 * MINUTE, unbalancedRows: 0 }],
  problems: [],
};

const UNWELL: StatusReport = {
  ...WELL,
  cloud: { ...WELL.cloud, pending: true },
  alarms: [
    alarm('lake-writer-dropped', 'OK'),
    {
      ...alarm('lake-writer-errors', 'ALARM'),
      description:
        'The function lake-writer of market fails again and again. Its records wait in the stream and are tried again: nothing is lost, but tables do not grow. Look: sluice logs market-lake-writer.',
      reason: '2 of the last 3 datapoints (newest first: 1, 0, 4) are above 0',
      sinceMs: NOON - 3 * MINUTE,
    },
    alarm('ledger-unbalanced', 'INSUFFICIENT_DATA'),
  ],
  functions: WELL.functions.map((each) => ({ ...each, errors: each.invocations > 0 ? 7 : 0 })),
  shards: WELL.shards.map((shard) => ({
    ...shard,
    waiting: shard.open ? 10_000 : 0,
    isMore: shard.open,
    oldestArrivalMs: shard.open ? NOON - 200 * MINUTE : null,
  })),
  staged: [{ domain: 'market', batches: 1_200, oldestStagedAtMs: NOON - 7 * MINUTE }],
  ledgers: [{ domain: 'market', lastRunMs: NOON - 4 * MINUTE, unbalancedRows: 5 }],
  problems: [
    'tables cannot be read: the service answered with an internal failure, and with more words than fit a line',
  ],
};

function print(report: StatusReport, options: { readonly hasColors?: boolean } = {}): string {
  const streams = new RecordingStreams();
  const { hasColors = false } = options;
  const stdout = { ...streams.stdout, columns: 80, hasColors: () => hasColors };
  printStatus(createOutput({ ...streams, stdout }, false), report, NOON);
  return streams.stdoutText;
}

describe('the status screen', () => {
  it('is short when all is well', () => {
    expect(print(WELL)).toBe(`Local cloud up at http://127.0.0.1:4566 (process 4242)
2 stacks, 38 resources; no records wait

Alarms
  2 alarms OK

Function            last run    runs  errors  duration
market-lake-writer   5 s ago  12,345       0     1.5 s
market-ledger          never       0       0         -

Shard           records waiting  oldest     checkpoint
local-market/0                0       -  …000000000003

Staged  batches to commit  oldest
market                  0       -

Table                              rows  last commit
local_market_bronze.trade     1,234,567    3 min ago
local_market_bronze.rejected          0     none yet

Ledger  last entry  unbalanced rows
market   4 min ago                0

All well.
`);
  });

  it('begins with what is wrong', () => {
    expect(print(UNWELL)).toBe(`Local cloud up at http://127.0.0.1:4566 (process 4242)
2 stacks, 38 resources; records are being taken in

  DOWN tables cannot be read: the service answered with an internal failure, and
    with more words than fit a line

Alarms
  ALARM market-lake-writer-errors for 3 min
    2 of the last 3 datapoints (newest first: 1, 0, 4) are above 0
    The function lake-writer of market fails again and again. Its records wait
    in the stream and are tried again: nothing is lost, but tables do not grow.
    Look: sluice logs market-lake-writer.
  1 alarm without data yet: market-ledger-unbalanced
  1 other alarm OK

Function            last run    runs  errors  duration
market-lake-writer   5 s ago  12,345       7     1.5 s
market-ledger          never       0       0         -

Shard           records waiting  oldest     checkpoint
local-market/0          10,000+     3 h  …000000000003

Staged  batches to commit  oldest
market              1,200   7 min

Table                              rows  last commit
local_market_bronze.trade     1,234,567    3 min ago
local_market_bronze.rejected          0     none yet

Ledger  last entry  unbalanced rows
market   4 min ago                5

Not well: 1 part down, 1 alarm, 5 rows unaccounted for.
`);
  });

  it('fits 80 columns, with the same words in colour', () => {
    const plain = print(UNWELL);
    expect(plain.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const colored = print(UNWELL, { hasColors: true });
    const csi = String.fromCharCode(27);
    expect(colored).toContain(`${csi}[31mALARM${csi}[0m`);
    expect(colored.replaceAll(new RegExp(`${csi}\\[\\d+m`, 'g'), '')).toBe(plain);
  });
});
