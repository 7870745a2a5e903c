import type { LiveDataFile } from './live-inventory.ts';

export interface RetentionPlan {
  /** Files whose rows are all older than the horizon. */
  readonly expired: readonly LiveDataFile[];
  readonly expiredRows: number;
  readonly expiredBytes: number;
  /** Files with older rows beside younger ones. */
  readonly straddlingFiles: number;
  /** Files that do not say how old their rows are; they stay. */
  readonly unknownFiles: number;
}

/**
 * Which files are wholly older than the horizon, by their bounds of the arrival time. Bounds of timestamps are exact values of
 * the file; a file with a null among them, or written by an engine that leaves bounds out, is unknown.
 */
export function planRetention(
  files: readonly LiveDataFile[],
  horizonMicros: bigint,
): RetentionPlan {
  const expired: LiveDataFile[] = [];
  let straddlingFiles = 0;
  let unknownFiles = 0;
  for (const file of files) {
    const { lower, upper } = file;
    if (typeof lower !== 'bigint' || typeof upper !== 'bigint') unknownFiles++;
    else if (upper < horizonMicros) expired.push(file);
    else if (lower < horizonMicros) straddlingFiles++;
  }
  return {
    expired,
    expiredRows: expired.reduce((rows, { rowCount }) => rows + rowCount, 0),
    expiredBytes: expired.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0),
    straddlingFiles,
    unknownFiles,
  };
}
