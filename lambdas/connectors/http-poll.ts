import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { PollRun } from '#app/poll-http.ts';
import type { ConnectorEvent } from '#runtime/connector-event.ts';
import { openHttpPoll } from '#runtime/http-poll.ts';
import { logger, metrics } from '../powertools.ts';

const poll = await openHttpPoll();

interface FunctionContext {
  getRemainingTimeInMillis(): number;
}

/** One run of a connector. A source that does not answer is a result, not a failure of the function. */
async function runConnector(event: ConnectorEvent, context: FunctionContext): Promise<PollRun> {
  const run = await poll(event, context.getRemainingTimeInMillis());
  report(run);
  return run;
}

function report(run: PollRun): void {
  const isGood = run.outcome === 'done' || run.outcome === 'more';
  if (run.outcome === 'failed') logger.warn('connector not polled', { ...run });
  else logger.info('connector polled', { ...run });
  metrics.addDimension('connector', run.connector);
  metrics.addMetric('PollsSucceeded', MetricUnit.Count, isGood ? 1 : 0);
  metrics.addMetric('PollPages', MetricUnit.Count, run.pages);
  metrics.addMetric('PollRecords', MetricUnit.Count, run.records);
  metrics.addMetric('PollBadRecords', MetricUnit.Count, run.bad);
  metrics.addMetric('PollRetries', MetricUnit.Count, run.retries);
  if (run.cursorLagSeconds !== null) {
    metrics.addMetric('PollCursorLagSeconds', MetricUnit.Seconds, run.cursorLagSeconds);
  }
  if (run.receiptFailures > 0) {
    metrics.addMetric('ReceiptFailures', MetricUnit.Count, run.receiptFailures);
  }
}

export const handler = middy<ConnectorEvent, PollRun>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(runConnector);
