import type { TableMetadata } from '../spec/table-metadata.ts';
import type { ProblemReport } from './problem.ts';

/** What every check of one table shares. */
export interface CheckContext {
  readonly metadata: TableMetadata;
  readonly report: ProblemReport;
}
