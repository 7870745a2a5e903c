import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import { type BufferEvent, bufferBatches } from '#runtime/buffer-batches.ts';
import { createSinkWriter } from '#runtime/sink-writer.ts';
import { logger, metrics } from '../powertools.ts';

const writer = await createSinkWriter();

/** Batch of the buffer → one sink of the domain. An exception makes the event source mapping deliver the batch again. */
async function writeBatch(event: BufferEvent): Promise<{ batchItemFailures: [] }> {
  for (const batch of bufferBatches(event)) {
    const events = await writer.write(batch);
    logger.info('batch delivered', { source: batch.source, events });
    metrics.addMetric('EventsDelivered', MetricUnit.Count, events);
  }
  return { batchItemFailures: [] };
}

export const handler = middy<BufferEvent, { batchItemFailures: [] }>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(writeBatch);
