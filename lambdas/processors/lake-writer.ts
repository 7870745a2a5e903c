import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { IngestedTable } from '#app/ingest-stream.ts';
import type { BufferEvent } from '#runtime/buffer-batches.ts';
import { createLakeWriter } from '#runtime/lake-writer.ts';
import { logger, metrics } from '../powertools.ts';

const writer = await createLakeWriter();

/**
 * Batch of the buffer → tables of the domain. An exception makes the event source mapping deliver the batch again,
 * whole or in halves; what is committed by then is left out.
 */
async function writeBatch(event: BufferEvent): Promise<{ batchItemFailures: [] }> {
  const { ingested, failure, lostDoorbells } = await writer.takeIn(event);
  for (const table of ingested) report(table);
  if (lostDoorbells > 0) {
    logger.warn('the committer could not be told; it looks every minute', { lostDoorbells });
    metrics.addMetric('LostDoorbells', MetricUnit.Count, lostDoorbells);
  }
  if (failure !== null) throw failure;
  return { batchItemFailures: [] };
}

/** Counts and names only: what events hold never gets into a log. */
function report(ingested: IngestedTable): void {
  const { table, outcome, snapshotId, attempts, counts, isHorizonCut } = ingested;
  logger.info('batch ingested', {
    table,
    outcome,
    snapshotId: snapshotId?.toString() ?? null,
    attempts,
    ...counts,
  });
  if (isHorizonCut) {
    logger.warn(
      'identities of the whole dedupe.horizon do not fit the memory; raise writer.memory',
      {
        table,
      },
    );
    metrics.addMetric('DedupeHorizonCut', MetricUnit.Count, 1);
  }
  metrics.addMetric('RowsReceived', MetricUnit.Count, counts.received);
  metrics.addMetric('RowsDeduplicated', MetricUnit.Count, counts.deduplicated);
  metrics.addMetric('RowsRejected', MetricUnit.Count, counts.rejected + counts.deadLettered);
  metrics.addMetric('RowsLate', MetricUnit.Count, counts.late);
  // What is staged counts as committed when the committer has done it.
  if (outcome === 'staged') {
    metrics.addMetric('RowsStaged', MetricUnit.Count, counts.committed);
    return;
  }
  metrics.addMetric('RowsCommitted', MetricUnit.Count, counts.committed);
  metrics.addMetric('CommitAttempts', MetricUnit.Count, attempts);
}

export const handler = middy<BufferEvent, { batchItemFailures: [] }>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(writeBatch);
