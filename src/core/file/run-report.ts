import { z } from 'zod';
import type { ErrorLine } from './error-csv.ts';

/** What happened to a file. */
export const runReportModel = z.strictObject({
  domain: z.string(),
  entry: z.string(),
  stream: z.string(),
  run: z.string(),
  /** Name of the file below the entry. */
  file: z.string(),
  uri: z.string(),
  versionId: z.string().nullable(),
  sizeBytes: z.int(),
  /** SHA-256 of the bytes as they were uploaded; of very large files `etag-` and what S3 says. */
  checksum: z.string(),
  /** `refused`: nothing of it was read. */
  status: z.enum(['finished', 'refused']),
  /** Why the file was refused. */
  problem: z.string().nullable(),
  rows: z.strictObject({
    read: z.int(),
    committed: z.int(),
    rejected: z.int(),
    deduplicated: z.int(),
    deadLettered: z.int(),
  }),
  /** Most frequent first; what does not fit is under "other reasons". */
  reasons: z.array(z.strictObject({ reason: z.string(), rows: z.int() })),
  /** Without values. */
  firstErrors: z.array(
    z.strictObject({ row: z.int(), column: z.string().nullable(), reason: z.string() }),
  ),
  /** Error file; null when every row is valid. */
  errorFile: z.string().nullable(),
  uploadedAt: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
});
export type RunReport = z.infer<typeof runReportModel>;

const MAX_REASONS = 50;
const MAX_FIRST_ERRORS = 10;
const OTHER_REASONS = 'other reasons';

/** Counts errors by reason while they pass, in bounded memory. */
export interface ErrorTally {
  add(line: ErrorLine): void;
  reasons(): RunReport['reasons'];
  readonly first: RunReport['firstErrors'];
}

export function createErrorTally(): ErrorTally {
  const counts = new Map<string, number>();
  const first: RunReport['firstErrors'] = [];
  return {
    first,
    add: ({ rowNumber, column, reason }) => {
      if (first.length < MAX_FIRST_ERRORS) first.push({ row: rowNumber, column, reason });
      const text = column === null ? reason : `${column}: ${reason}`;
      const key = counts.has(text) || counts.size < MAX_REASONS ? text : OTHER_REASONS;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    reasons: () =>
      [...counts]
        .map(([reason, rows]) => ({ reason, rows }))
        .sort((a, b) => b.rows - a.rows || (a.reason < b.reason ? -1 : 1)),
  };
}
