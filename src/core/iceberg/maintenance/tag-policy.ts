import type { SnapshotRef } from '../spec/snapshot.ts';

const DAY_MS = 86_400_000;

/** How long a tag is kept: the input of a run for a month, so that the run can be looked into; one state a day for a year. */
export const RUN_TAG_AGE_MS = 30 * DAY_MS;
export const DAY_TAG_AGE_MS = 365 * DAY_MS;

/** A tag to be made. */
export interface PlannedTag {
  readonly name: string;
  readonly snapshotId: bigint;
  readonly maxRefAgeMs: number;
}

/** The tag of a run's input: `run-<id>`. */
export function runTag(runId: string, snapshotId: bigint): PlannedTag {
  return { name: `run-${runId}`, snapshotId, maxRefAgeMs: RUN_TAG_AGE_MS };
}

/** The tag of the day (UTC), `day-2026-11-20`, made of the snapshot that is current when the day is first looked at; null once it has one. */
export function dayTag(
  refs: Readonly<Record<string, SnapshotRef>>,
  current: { readonly snapshotId: bigint; readonly nowMs: number },
): PlannedTag | null {
  const name = `day-${new Date(current.nowMs).toISOString().slice(0, 10)}`;
  if (Object.hasOwn(refs, name)) return null;
  return { name, snapshotId: current.snapshotId, maxRefAgeMs: DAY_TAG_AGE_MS };
}
