import { describe, expect, it } from 'vitest';
import { checkMetadata } from '#core/iceberg/check/check-metadata.ts';
import { newProblemReport } from '#core/iceberg/check/problem.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { expireSnapshots } from '#core/iceberg/transaction/expire-snapshots.ts';
import {
  rollBackTo,
  setCurrentSnapshot,
  snapshotAtTime,
} from '#core/iceberg/transaction/set-current-snapshot.ts';
import {
  fastForward,
  removeSnapshotRef,
  setSnapshotRef,
} from '#core/iceberg/transaction/snapshot-refs.ts';
import { tradesMetadata } from '../trades-table.ts';

const DAY_MS = 86_400_000;

/** Snapshots 1 to `count`, a day apart, each the parent of the next. */
function tableOf(count: number): TableMetadata {
  const base = tradesMetadata();
  const start = base['last-updated-ms'];
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  return {
    ...base,
    'last-sequence-number': BigInt(count),
    'last-updated-ms': start + count * DAY_MS,
    'current-snapshot-id': BigInt(count),
    snapshots: ids.map((id) => ({
      'snapshot-id': BigInt(id),
      ...(id === 1 ? {} : { 'parent-snapshot-id': BigInt(id - 1) }),
      'sequence-number': BigInt(id),
      'timestamp-ms': start + id * DAY_MS,
      'manifest-list': `${base.location}/metadata/snap-${id}.avro`,
      summary: { operation: 'append' },
      'schema-id': 0,
    })),
    'snapshot-log': ids.map((id) => ({
      'snapshot-id': BigInt(id),
      'timestamp-ms': start + id * DAY_MS,
    })),
    refs: { main: { 'snapshot-id': BigInt(count), type: 'branch' } },
  };
}

const TABLE = tableOf(5);
const NOW_MS = TABLE['last-updated-ms'] + 1000;
const problemsOf = (metadata: TableMetadata) => {
  const report = newProblemReport();
  checkMetadata(metadata, report);
  return report.problems;
};
const refuses = (work: () => unknown, words: string) =>
  expect(work).toThrow(
    expect.objectContaining({ code: 'TABLE_INVALID', message: expect.stringContaining(words) }),
  );

describe('setSnapshotRef', () => {
  it('makes a tag with an age', () => {
    const tagged = setSnapshotRef(TABLE, 'run-1', {
      type: 'tag',
      snapshotId: 2n,
      maxRefAgeMs: 30 * DAY_MS,
    });
    expect(tagged.refs['run-1']).toEqual({
      'snapshot-id': 2n,
      type: 'tag',
      'max-ref-age-ms': 30 * DAY_MS,
    });
    expect(problemsOf(tagged)).toEqual([]);
  });

  it('makes a branch with everything it can say', () => {
    const branched = setSnapshotRef(TABLE, 'audit', {
      type: 'branch',
      snapshotId: 2n,
      minSnapshotsToKeep: 2,
      maxSnapshotAgeMs: DAY_MS,
      maxRefAgeMs: 7 * DAY_MS,
    });
    expect(branched.refs['audit']).toEqual({
      'snapshot-id': 2n,
      type: 'branch',
      'min-snapshots-to-keep': 2,
      'max-snapshot-age-ms': DAY_MS,
      'max-ref-age-ms': 7 * DAY_MS,
    });
    expect(problemsOf(branched)).toEqual([]);
  });

  it('moves a tag, and changes nothing when there is nothing to move', () => {
    const tagged = setSnapshotRef(TABLE, 't', { type: 'tag', snapshotId: 2n });
    const moved = setSnapshotRef(tagged, 't', { type: 'tag', snapshotId: 3n });
    expect(moved.refs['t']?.['snapshot-id']).toBe(3n);
    expect(setSnapshotRef(moved, 't', { type: 'tag', snapshotId: 3n })).toBe(moved);
  });

  it('moves main as a rollback does', () => {
    const moved = setSnapshotRef(
      TABLE,
      'main',
      { type: 'branch', snapshotId: 3n },
      { nowMs: NOW_MS },
    );
    expect(moved['current-snapshot-id']).toBe(3n);
    expect(problemsOf(moved)).toEqual([]);
  });

  it.each([
    ['an expired snapshot', 'x', { type: 'tag', snapshotId: 9n }, 'got 9'],
    ['no name', ' ', { type: 'tag', snapshotId: 1n }, 'at least one character'],
    ['an age of nothing', 'x', { type: 'tag', snapshotId: 1n, maxRefAgeMs: 0 }, 'above 0'],
    [
      'a main that is a tag',
      'main',
      { type: 'tag', snapshotId: 1n },
      'expected a tag, got a branch',
    ],
    ['a main that ends', 'main', { type: 'branch', snapshotId: 1n, maxRefAgeMs: 5 }, 'never ends'],
  ] as const)('refuses %s', (_what, name, request, words) => {
    refuses(() => setSnapshotRef(TABLE, name, request), words);
  });
});

describe('removeSnapshotRef', () => {
  it('takes a tag away', () => {
    const tagged = setSnapshotRef(TABLE, 't', { type: 'tag', snapshotId: 2n });
    expect(removeSnapshotRef(tagged, 't').refs).toEqual(TABLE.refs);
  });

  it('refuses main, and a name that is not there', () => {
    refuses(() => removeSnapshotRef(TABLE, 'main'), 'cannot be removed');
    refuses(() => removeSnapshotRef(TABLE, 'toString'), 'expected one of main');
  });
});

describe('fastForward', () => {
  const audit = setSnapshotRef(TABLE, 'audit', { type: 'branch', snapshotId: 2n });

  it('moves a branch along its own line', () => {
    const moved = fastForward(audit, 'audit', { to: 'main', nowMs: NOW_MS });
    expect(moved.refs['audit']?.['snapshot-id']).toBe(5n);
  });

  it('moves main to what was prepared on another branch', () => {
    const back = rollBackTo(
      setSnapshotRef(TABLE, 'audit', { type: 'branch', snapshotId: 5n }),
      3n,
      {
        nowMs: NOW_MS,
      },
    );
    const moved = fastForward(back, 'main', { to: 'audit', nowMs: NOW_MS });
    expect(moved['current-snapshot-id']).toBe(5n);
    expect(problemsOf(moved)).toEqual([]);
  });

  it('refuses lines that have parted, and tags', () => {
    refuses(() => fastForward(audit, 'main', { to: 'audit', nowMs: NOW_MS }), 'have parted');
    const tagged = setSnapshotRef(TABLE, 't', { type: 'tag', snapshotId: 2n });
    refuses(() => fastForward(tagged, 't', { to: 'main', nowMs: NOW_MS }), 'only a branch');
  });
});

describe('rolling back', () => {
  it('makes an ancestor current, logs it, and keeps what came after', () => {
    const back = rollBackTo(TABLE, 2n, { nowMs: NOW_MS });
    expect(back['current-snapshot-id']).toBe(2n);
    expect(back.refs['main']).toEqual({ 'snapshot-id': 2n, type: 'branch' });
    expect(back['snapshot-log'].at(-1)).toEqual({ 'snapshot-id': 2n, 'timestamp-ms': NOW_MS });
    expect(back['last-sequence-number']).toBe(5n);
    expect(back.snapshots).toHaveLength(5);
    expect(problemsOf(back)).toEqual([]);
  });

  it('refuses what is no ancestor; setting the current snapshot takes any', () => {
    const back = rollBackTo(TABLE, 2n, { nowMs: NOW_MS });
    refuses(() => rollBackTo(back, 4n, { nowMs: NOW_MS + 1 }), 'no ancestor');
    const forth = setCurrentSnapshot(back, 4n, { nowMs: NOW_MS + 1 });
    expect(forth['current-snapshot-id']).toBe(4n);
    expect(problemsOf(forth)).toEqual([]);
    refuses(() => setCurrentSnapshot(TABLE, 9n, { nowMs: NOW_MS }), 'has expired');
  });

  it('keeps times in order when the clock goes back', () => {
    const back = rollBackTo(TABLE, 2n, { nowMs: 5 });
    expect(back['last-updated-ms']).toBe(TABLE['last-updated-ms'] + 1);
    expect(problemsOf(back)).toEqual([]);
  });

  it('finds the snapshot of a time, or says how far back it goes', () => {
    const start = tradesMetadata()['last-updated-ms'];
    expect(snapshotAtTime(TABLE, start + 2 * DAY_MS + 5)['snapshot-id']).toBe(2n);
    refuses(() => snapshotAtTime(TABLE, start), 'remembers from');
  });
});

describe('expireSnapshots and references', () => {
  const properties = {
    'history.expire.min-snapshots-to-keep': '1',
    'history.expire.max-snapshot-age-ms': '1',
  };
  const table = { ...tableOf(10), properties };
  const nowMs = table['last-updated-ms'] + 1;
  const ids = (metadata: TableMetadata) => metadata.snapshots.map((s) => Number(s['snapshot-id']));

  it('ends a tag with its age, and its snapshot with it', () => {
    const tagged = [
      ['run', 2n, 7 * DAY_MS],
      ['day', 3n, 9 * DAY_MS],
    ] as const;
    const before = tagged.reduce<TableMetadata>(
      (result, [name, snapshotId, maxRefAgeMs]) =>
        setSnapshotRef(result, name, { type: 'tag', snapshotId, maxRefAgeMs }),
      table,
    );
    const after = expireSnapshots(before, nowMs);
    expect(Object.keys(after.refs)).toEqual(['main', 'day']);
    expect(ids(after)).toEqual([3, 10]);
    expect(problemsOf(after)).toEqual([]);
  });

  it('takes the age of the table where a tag has none', () => {
    const tagged = setSnapshotRef(table, 't', { type: 'tag', snapshotId: 2n });
    expect(ids(expireSnapshots(tagged, nowMs))).toEqual([2, 10]);
    const aged = {
      ...tagged,
      properties: { ...properties, 'history.expire.max-ref-age-ms': String(DAY_MS) },
    };
    expect(ids(expireSnapshots(aged, nowMs))).toEqual([10]);
  });

  it('keeps of a branch what it says', () => {
    const branched = setSnapshotRef(table, 'audit', {
      type: 'branch',
      snapshotId: 6n,
      minSnapshotsToKeep: 2,
      maxSnapshotAgeMs: 1,
    });
    expect(ids(expireSnapshots(branched, nowMs))).toEqual([5, 6, 10]);
  });

  it('takes statistics of expired snapshots away', () => {
    const statistics = [{ 'snapshot-id': 2n }, { 'snapshot-id': 10n }];
    const after = expireSnapshots({ ...table, statistics } as TableMetadata, nowMs);
    expect(after).toMatchObject({ statistics: [{ 'snapshot-id': 10n }] });
  });
});
