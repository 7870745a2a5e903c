import { planSnapshot, type SnapshotPlan, type SnapshotRequest } from './plan-snapshot.ts';

/** Plans one attempt of a commit that only adds files (see planSnapshot). */
export function planAppend(
  base: Parameters<typeof planSnapshot>[0],
  request: Omit<SnapshotRequest, 'operation' | 'removedFiles'>,
): SnapshotPlan {
  return planSnapshot(base, { ...request, operation: 'append', removedFiles: [] });
}
