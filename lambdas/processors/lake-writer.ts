import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { IngestedStream } from '#app/ingest-stream.ts';
import { type KinesisStreamEvent, kinesisBatch } from '#runtime/kinesis-batch.ts';
import { createLakeWriter } from '#runtime/lake-writer.ts';
import { logger, metrics } from '../powertools.ts';

const writer = await createLakeWriter();

/**
 * Kinesis batch → bronze tables. An exception makes the event source mapping deliver the batch again,
 * whole or in halves; what is committed by then is left out.
 */
async function writeBatch(event: KinesisStreamEvent): Promise<{ batchItemFailures: [] }> {
  const ingested = await writer.ingest(kinesisBatch(event));
  for (const stream of ingested) report(stream);
  return { batchItemFailures: [] };
}

function report({ stream, outcome, snapshotId, attempts, counts }: IngestedStream): void {
  logger.info('batch ingested', {
    stream,
    outcome,
    snapshotId: snapshotId?.toString() ?? null,
    attempts,
    ...counts,
  });
  metrics.addMetric('RowsReceived', MetricUnit.Count, counts.received);
  metrics.addMetric('RowsCommitted', MetricUnit.Count, counts.committed);
  metrics.addMetric('RowsRejected', MetricUnit.Count, counts.rejected + counts.deadLettered);
  metrics.addMetric('RowsLate', MetricUnit.Count, counts.late);
  metrics.addMetric('CommitAttempts', MetricUnit.Count, attempts);
}

export const handler = middy<KinesisStreamEvent, { batchItemFailures: [] }>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(writeBatch);
