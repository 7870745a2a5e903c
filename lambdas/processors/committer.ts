import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { TableCommit } from '#app/commit-staged.ts';
import { positionKey } from '#core/delivery/position.ts';
import { createCommitter } from '#runtime/committer.ts';
import { logger, metrics } from '../powertools.ts';

const committer = await createCommitter();

/**
 * Commits what is staged of the domain. Messages and the schedule only say that it is time, so nothing of them is read; an
 * exception makes messages come again.
 */
async function commitDomain(): Promise<{ batchItemFailures: [] }> {
  metrics.addDimension('domain', committer.domain);
  const { report, stagedLinks, oldestStagedSeconds } = await committer.commit();
  const missing = report.tables.map(reportTable).reduce((sum, count) => sum + count, 0);
  metrics.addMetric('MissingLinks', MetricUnit.Count, missing);
  metrics.addMetric('StagedLinks', MetricUnit.Count, stagedLinks);
  metrics.addMetric('OldestStagedAge', MetricUnit.Seconds, oldestStagedSeconds);
  for (const { table, error } of report.failures) {
    logger.error(`what is staged of ${table} is not committed`, error as Error);
  }
  const [failure] = report.failures;
  if (failure !== undefined) throw failure.error;
  return { batchItemFailures: [] };
}

/** Names, positions and counts only. Returns how many batches are missing. */
function reportTable(commit: TableCommit): number {
  const { table, snapshotIds, attempts, sources, isHorizonCut } = commit;
  const committed = sources.filter(({ kind }) => kind === 'committed');
  const sum = (of: 'committed' | 'deduplicated') =>
    committed.reduce((total, { counts }) => total + counts[of], 0);
  const counts = { committed: sum('committed'), deduplicated: sum('deduplicated') };
  logger.info('table committed', {
    table,
    snapshotIds: snapshotIds.map(String),
    attempts,
    sources: committed.length,
    ...counts,
  });
  if (isHorizonCut) {
    logger.warn(
      'identities of the whole dedupe.horizon do not fit the memory; raise writer.memory',
      { table },
    );
    metrics.addMetric('DedupeHorizonCut', MetricUnit.Count, 1);
  }
  metrics.addMetric('RowsCommitted', MetricUnit.Count, counts.committed);
  metrics.addMetric('RowsDeduplicated', MetricUnit.Count, counts.deduplicated);
  metrics.addMetric('CommitAttempts', MetricUnit.Count, attempts);
  const waiting = sources.flatMap(({ source, missing }) =>
    missing === null ? [] : [{ source, missing }],
  );
  for (const { source, missing } of waiting) {
    logger.error('a staged batch is missing: its source waits', {
      table,
      source,
      after: missing.after === null ? null : positionKey(missing.after),
      before: positionKey(missing.before),
    });
  }
  return waiting.length;
}

export const handler = middy<unknown, { batchItemFailures: [] }>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(commitDomain);
