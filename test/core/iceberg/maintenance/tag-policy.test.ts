import { describe, expect, it } from 'vitest';
import { dayTag, runTag } from '#core/iceberg/maintenance/tag-policy.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 20, 23, 59);

describe('tags', () => {
  it('keep the input of a run for 30 days', () => {
    expect(runTag('a1', 7n)).toEqual({ name: 'run-a1', snapshotId: 7n, maxRefAgeMs: 30 * DAY_MS });
  });

  it('keep one state a day for a year', () => {
    const tag = dayTag({}, { snapshotId: 7n, nowMs: NOW_MS });
    expect(tag).toEqual({ name: 'day-2026-11-20', snapshotId: 7n, maxRefAgeMs: 365 * DAY_MS });
    const refs = { 'day-2026-11-20': { type: 'tag' as const, 'snapshot-id': 6n } };
    expect(dayTag(refs, { snapshotId: 7n, nowMs: NOW_MS })).toBeNull();
    expect(dayTag(refs, { snapshotId: 7n, nowMs: NOW_MS + 60_000 })?.name).toBe('day-2026-11-21');
  });
});
