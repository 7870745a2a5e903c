import { describe, expect, it } from 'vitest';
import type { SnapshotRef } from '#core/iceberg/spec/snapshot.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { expireSnapshots } from '#core/iceberg/transaction/expire-snapshots.ts';

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 10, 20);

/** Snapshots 1 to `count`, a minute apart, each the parent of the next. */
function tableOf(
  count: number,
  options: {
    readonly properties?: Readonly<Record<string, string>>;
    readonly refs?: Readonly<Record<string, SnapshotRef>>;
    /** Snapshots whose parent is not the one before. */
    readonly parents?: Readonly<Record<number, bigint>>;
  } = {},
): TableMetadata {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const base = createTableMetadata({
    location: 's3://lake/d/t',
    tableUuid: '00000000-0000-4000-8000-000000000001',
    schema: {
      type: 'struct',
      'schema-id': 0,
      fields: [{ id: 1, name: 'n', required: true, type: 'long' }],
    },
    partitionSpec: { 'spec-id': 0, fields: [] },
    sortOrder: { 'order-id': 0, fields: [] },
    properties: options.properties ?? {},
    nowMs: START_MS,
  });
  const timeOf = (id: number) => START_MS + id * MINUTE_MS;
  return {
    ...base,
    'current-snapshot-id': BigInt(count),
    snapshots: ids.map((id) => ({
      'snapshot-id': BigInt(id),
      ...(id === 1 ? {} : { 'parent-snapshot-id': options.parents?.[id] ?? BigInt(id - 1) }),
      'sequence-number': BigInt(id),
      'timestamp-ms': timeOf(id),
      'manifest-list': `s3://lake/d/t/metadata/snap-${id}.avro`,
      summary: { operation: 'append' },
    })),
    'snapshot-log': ids.map((id) => ({ 'snapshot-id': BigInt(id), 'timestamp-ms': timeOf(id) })),
    refs: { main: { 'snapshot-id': BigInt(count), type: 'branch' }, ...options.refs },
  };
}

function idsOf(metadata: TableMetadata): readonly number[] {
  return metadata.snapshots.map((snapshot) => Number(snapshot['snapshot-id']));
}

const KEEP_3_FOR_10_MINUTES = {
  'history.expire.min-snapshots-to-keep': '3',
  'history.expire.max-snapshot-age-ms': String(10 * MINUTE_MS),
};
const atMinute = (minute: number) => START_MS + minute * MINUTE_MS;

describe('expireSnapshots', () => {
  it('keeps the young ones', () => {
    const table = tableOf(20, { properties: KEEP_3_FOR_10_MINUTES });
    expect(idsOf(expireSnapshots(table, atMinute(20)))).toEqual([
      10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    ]);
  });

  it('keeps the smallest number however old they are', () => {
    const table = tableOf(20, { properties: KEEP_3_FOR_10_MINUTES });
    const expired = expireSnapshots(table, atMinute(10_000));
    expect(idsOf(expired)).toEqual([18, 19, 20]);
    expect(expired['snapshot-log'].map((entry) => entry['snapshot-id'])).toEqual([18n, 19n, 20n]);
  });

  it('changes nothing in a table with few snapshots or young ones', () => {
    const few = tableOf(100);
    expect(expireSnapshots(few, atMinute(1_000_000))).toBe(few);
    const young = tableOf(1_000, {
      properties: { 'history.expire.max-snapshot-age-ms': String(1_000 * MINUTE_MS) },
    });
    expect(expireSnapshots(young, atMinute(1_000))).toBe(young);
  });

  it('is bounded without any property: an hour or a hundred', () => {
    const table = tableOf(3_000);
    expect(expireSnapshots(table, atMinute(3_000)).snapshots).toHaveLength(100);
    const dense = tableOf(3_000, {
      properties: { 'history.expire.min-snapshots-to-keep': '10' },
    });
    expect(expireSnapshots(dense, atMinute(3_000)).snapshots).toHaveLength(61);
    expect(expireSnapshots(table, atMinute(9_000)).snapshots).toHaveLength(100);
  });

  it('keeps what a tag names, without its parents, and the whole line of another branch', () => {
    const table = tableOf(20, {
      properties: KEEP_3_FOR_10_MINUTES,
      parents: { 6: 3n, 7: 5n },
      refs: {
        'end-of-day': { 'snapshot-id': 5n, type: 'tag' },
        audit: { 'snapshot-id': 6n, type: 'branch' },
      },
    });
    expect(idsOf(expireSnapshots(table, atMinute(10_000)))).toEqual([1, 2, 3, 5, 6, 18, 19, 20]);
  });

  it('takes a reference that has had its time from a table of any size', () => {
    const tag: SnapshotRef = {
      'snapshot-id': 1n,
      type: 'tag',
      'max-ref-age-ms': 5 * MINUTE_MS,
    };
    const table = tableOf(2, { refs: { release: tag } });
    expect(Object.keys(expireSnapshots(table, atMinute(6)).refs)).toEqual(['main', 'release']);
    const later = expireSnapshots(table, atMinute(7));
    expect(Object.keys(later.refs)).toEqual(['main']);
    expect(idsOf(later)).toEqual([1, 2]);
  });

  it('keeps snapshots of no branch while they are young', () => {
    const table = tableOf(20, { properties: KEEP_3_FOR_10_MINUTES });
    const rolledBack = {
      ...table,
      'current-snapshot-id': 12n,
      refs: { main: { 'snapshot-id': 12n, type: 'branch' as const } },
    };
    expect(idsOf(expireSnapshots(rolledBack, atMinute(25)))).toEqual([
      10, 11, 12, 15, 16, 17, 18, 19, 20,
    ]);
  });

  it('cuts the log behind the last expired entry: a gap would tell a wrong state', () => {
    const table = tableOf(20, {
      properties: KEEP_3_FOR_10_MINUTES,
      refs: { early: { 'snapshot-id': 2n, type: 'tag' } },
    });
    const log = expireSnapshots(table, atMinute(10_000))['snapshot-log'];
    expect(log.map((entry) => entry['snapshot-id'])).toEqual([18n, 19n, 20n]);
  });

  it('ignores properties that are no such numbers', () => {
    const table = tableOf(200, {
      properties: {
        'history.expire.min-snapshots-to-keep': '0',
        'history.expire.max-snapshot-age-ms': 'soon',
      },
    });
    expect(expireSnapshots(table, atMinute(9_000)).snapshots).toHaveLength(100);
  });
});

describe('a snapshot that took files out', () => {
  const DAY_MINUTES = 24 * 60;
  const metadata = (() => {
    const base = tableOf(20, { properties: KEEP_3_FOR_10_MINUTES });
    const summary = { operation: 'replace', 'deleted-data-files': '4' };
    const snapshots = base.snapshots.map((snapshot) =>
      snapshot['snapshot-id'] === 5n ? { ...snapshot, summary } : snapshot,
    );
    return { ...base, snapshots };
  })();

  it('stays for a week', () => {
    const at = (minute: number) => idsOf(expireSnapshots(metadata, atMinute(minute)));
    expect(at(7 * DAY_MINUTES)).toEqual([5, 18, 19, 20]);
    expect(at(7 * DAY_MINUTES + 6)).toEqual([18, 19, 20]);
  });

  it('goes earlier for who deletes its files', () => {
    const options = { removalAgeMs: DAY_MINUTES * MINUTE_MS };
    const at = (minute: number) => idsOf(expireSnapshots(metadata, atMinute(minute), options));
    expect(at(DAY_MINUTES)).toEqual([5, 18, 19, 20]);
    expect(at(DAY_MINUTES + 6)).toEqual([18, 19, 20]);
  });
});
