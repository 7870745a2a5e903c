import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { GeneratorRun } from '#app/run-generator.ts';
import { type GeneratorEvent, openGenerator } from '#runtime/generator.ts';
import { logger, metrics } from '../powertools.ts';

const generate = await openGenerator();

interface FunctionContext {
  getRemainingTimeInMillis(): number;
}

/** Sends the synthetic events of one minute, or of some seconds. */
async function runConnector(
  event: GeneratorEvent,
  context: FunctionContext,
): Promise<GeneratorRun | null> {
  const run = await generate(event, context.getRemainingTimeInMillis());
  if (run === null) logger.warn('the minute is over for too long; nothing sent', { ...event });
  else report(run);
  return run;
}

function report(run: GeneratorRun): void {
  logger.info('events generated', { ...run });
  const events = Object.values(run.sent).reduce((sum, count) => sum + count, 0);
  metrics.addMetric('EventsGenerated', MetricUnit.Count, events);
  metrics.addMetric('GeneratorMissedTicks', MetricUnit.Count, run.missedTicks);
  if (run.receiptFailures > 0) {
    metrics.addMetric('ReceiptFailures', MetricUnit.Count, run.receiptFailures);
  }
}

export const handler = middy<GeneratorEvent, GeneratorRun | null>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(runConnector);
