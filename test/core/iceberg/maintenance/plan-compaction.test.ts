import { describe, expect, it } from 'vitest';
import type { LiveDataFile } from '#core/iceberg/maintenance/live-inventory.ts';
import { planCompaction } from '#core/iceberg/maintenance/plan-compaction.ts';

const LIMITS = {
  targetFileBytes: 100,
  maxFileRows: 1_000,
  minInputFiles: 3,
  maxRewriteBytes: 10_000,
};
const DELETES = [{ filePath: 'd', recordCount: 1n, fileSizeBytes: 1n }];

function file(name: string, options: Partial<LiveDataFile> = {}): LiveDataFile {
  return {
    filePath: name,
    specId: 0,
    partition: [1],
    partitionKey: 'p',
    sizeBytes: 10,
    rowCount: 5,
    sequenceNumber: 1n,
    sortOrderId: 0,
    deletes: [],
    lower: null,
    upper: null,
    ...options,
  };
}

const names = (plan: ReturnType<typeof planCompaction>) =>
  plan.groups.map(({ files }) => files.map(({ filePath }) => filePath).join(''));

describe('planCompaction', () => {
  it('takes small files of closed partitions, oldest first', () => {
    const files = [
      file('c', { sequenceNumber: 3n }),
      file('a'),
      file('b', { sequenceNumber: 2n }),
      file('L', { sizeBytes: 75 }),
    ];
    const plan = planCompaction(files, LIMITS, () => true);
    expect(names(plan)).toEqual(['abc']);
    expect(plan.groups[0]).toMatchObject({ sizeBytes: 30, rowCount: 15 });
  });

  it('waits while a partition takes rows, or has too few small files', () => {
    const files = [file('a'), file('b'), file('c')];
    expect(planCompaction(files, LIMITS, () => false)).toMatchObject({
      groups: [],
      waitingFiles: 3,
    });
    expect(planCompaction(files.slice(1), LIMITS, () => true)).toMatchObject({
      groups: [],
      waitingFiles: 2,
    });
  });

  it('packs up to the target size', () => {
    const files = [...'abcdef'].map((name) => file(name, { sizeBytes: 30 }));
    expect(names(planCompaction(files, LIMITS, () => true))).toEqual(['abc', 'def']);
  });

  it('fills files though fewer than the least number make one', () => {
    const files = [...'abcde'].map((name) => file(name, { sizeBytes: 45 }));
    // The last one waits for company.
    expect(names(planCompaction(files, LIMITS, () => true))).toEqual(['ab', 'cd']);
  });

  it('gives no file more rows than memory holds, and leaves full ones alone', () => {
    const limits = { ...LIMITS, maxFileRows: 12 };
    const files = [...'abcd'].map((name) => file(name));
    expect(names(planCompaction(files, limits, () => true))).toEqual(['ab']);
    const full = [...'abcd'].map((name) => file(name, { rowCount: 6 }));
    expect(planCompaction(full, limits, () => true).groups).toEqual([]);
  });

  it('rewrites a file with deleted rows whatever its size and company', () => {
    const files = [file('L', { sizeBytes: 1_000, deletes: DELETES }), file('K', { sizeBytes: 90 })];
    expect(names(planCompaction(files, LIMITS, () => true))).toEqual(['L']);
  });

  it('never mixes partitions', () => {
    const files = [...'abc', ...'xyz'].map((name) =>
      file(name, { partitionKey: name < 'm' ? 'p' : 'q' }),
    );
    expect(names(planCompaction(files, LIMITS, () => true))).toEqual(['abc', 'xyz']);
  });

  it('ends at the most bytes of a run, but takes one group always', () => {
    const files = [...'abcdef'].map((name) => file(name, { sizeBytes: 30 }));
    const plan = planCompaction(files, { ...LIMITS, maxRewriteBytes: 1 }, () => true);
    expect(names(plan)).toEqual(['abc']);
    expect(plan.postponedFiles).toBe(3);
  });

  it('keeps neighbours by the sort column together', () => {
    const files = ['b', 'd', 'a', 'c'].map((name) => file(name, { lower: name, sizeBytes: 40 }));
    const limits = { ...LIMITS, minInputFiles: 2 };
    expect(names(planCompaction(files, limits, () => true))).toEqual(['ab', 'cd']);
  });
});
