import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import { type HandledMessage, openFileIngest, type QueueRecord } from '#runtime/file-ingest.ts';
import { logger, metrics } from '../powertools.ts';

const ingest = await openFileIngest();

interface QueueEvent {
  readonly Records: readonly QueueRecord[];
}

interface QueueAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

interface FunctionContext {
  getRemainingTimeInMillis(): number;
}

/** Messages about uploaded files → rows of the domain's tables. A message that fails comes again, others do not. */
async function takeFiles(event: QueueEvent, context: FunctionContext): Promise<QueueAnswer> {
  const failures: { readonly itemIdentifier: string }[] = [];
  for (const record of event.Records) {
    try {
      const handled = await ingest(record, { remainingMs: context.getRemainingTimeInMillis() });
      report(handled);
      if (handled.failed) failures.push({ itemIdentifier: record.messageId });
    } catch (error) {
      logger.error('file not taken in; its message comes again', error as Error);
      metrics.addMetric('FilesFailed', MetricUnit.Count, 1);
      // As an error of the function the alarm sees it; of several messages the others must not come again for it.
      if (event.Records.length === 1) throw error;
      failures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures: failures };
}

/** Names, counts and reasons without values: what files hold never gets into a log. */
function report({ messageId, message, outcome, failed }: HandledMessage): void {
  const subject = { messageId, key: message?.key ?? null, failed };
  if (outcome === null) {
    logger.error('the message says nothing of a file in the landing bucket', subject);
    metrics.addMetric('FilesFailed', MetricUnit.Count, 1);
    return;
  }
  if (outcome.kind !== 'settled') {
    logger.info(`file ${outcome.kind}`, subject);
    return;
  }
  const { run, isNew } = outcome;
  const rows = run.report?.rows;
  logger.info('file settled', { ...subject, isNew, run: run.run, status: run.status, ...rows });
  if (!isNew) return;
  if (run.status === 'refused') {
    logger.warn('file refused', { ...subject, problem: run.report?.problem });
    metrics.addMetric('FilesRefused', MetricUnit.Count, 1);
  }
  metrics.addMetric('FileRowsRead', MetricUnit.Count, rows?.read ?? 0);
  metrics.addMetric('FileRowsRejected', MetricUnit.Count, rows?.rejected ?? 0);
}

export const handler = middy<QueueEvent, QueueAnswer>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(takeFiles);
