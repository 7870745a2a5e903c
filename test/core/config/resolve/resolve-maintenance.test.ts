import { describe, expect, it } from 'vitest';
import { orphanAgeProblem } from '#core/config/resolve/resolve-maintenance.ts';

const DAY_MS = 86_400_000;
const WEEK = { retentionMs: 7 * DAY_MS, where: 'environment "prod"' };

describe('orphanAgeProblem', () => {
  it('is none from the sum of all delays on', () => {
    expect(orphanAgeProblem(22 * DAY_MS + 1_800_000, WEEK)).toBeNull();
    expect(orphanAgeProblem(30 * DAY_MS, WEEK)).toBeNull();
  });

  it('shows the arithmetic', () => {
    expect(orphanAgeProblem(3 * DAY_MS, WEEK)).toBe(
      'expected orphan_age of at least 529h in environment "prod" (7d retention of the stream + 14d in a queue + 2 × 15m in a function + 1d margin), got 3d; files that are staged and not committed yet would be deleted',
    );
  });

  it('grows with the retention of the stream', () => {
    expect(orphanAgeProblem(30 * DAY_MS, { ...WEEK, retentionMs: 30 * DAY_MS })).not.toBeNull();
  });
});
