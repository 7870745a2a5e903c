import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { HttpAnswer } from '#core/ingest/ingest-answer.ts';
import { type HandledRequest, type HttpApiEvent, openHttpIngest } from '#runtime/http-ingest.ts';
import { logger, metrics } from '../powertools.ts';

const ingest = await openHttpIngest();

/** Request of the HTTP API → events on the domain's stream. The answer goes out once the stream has acknowledged them. */
async function takeRequest(event: HttpApiEvent): Promise<HttpAnswer> {
  const handled = await ingest(event);
  report(handled);
  return handled.answer;
}

function report({ answer, stream, counts, refusal, receiptFailure }: HandledRequest): void {
  logger.info('request handled', { stream, status: answer.statusCode, refusal, ...counts });
  if (receiptFailure !== null) {
    logger.warn('receipt not written; the next one makes up for it', receiptFailure as Error);
    metrics.addMetric('ReceiptFailures', MetricUnit.Count, 1);
  }
  metrics.addMetric('EventsAccepted', MetricUnit.Count, counts.accepted);
  metrics.addMetric('EventsInvalid', MetricUnit.Count, counts.invalid);
  metrics.addMetric('EventsUnavailable', MetricUnit.Count, counts.unavailable);
}

export const handler = middy<HttpApiEvent, HttpAnswer>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(takeRequest);
