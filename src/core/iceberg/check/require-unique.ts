import type { ProblemReport } from './problem.ts';

/** Reports every value that stands more than once. */
export function requireUnique(
  values: readonly (string | number | bigint)[],
  where: string,
  report: ProblemReport,
): void {
  const seen = new Set<string | number | bigint>();
  const repeated = new Set<string | number | bigint>();
  for (const value of values) (seen.has(value) ? repeated : seen).add(value);
  for (const value of repeated) report.add(where, `expected unique values, got ${value} twice`);
}
