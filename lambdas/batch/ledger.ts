import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { LedgerRun } from '#app/roll-up-ledger.ts';
import { createLedger, type LedgerEvent } from '#runtime/ledger.ts';
import { logger, metrics } from '../powertools.ts';

const ledger = await createLedger();

interface FunctionContext {
  getRemainingTimeInMillis(): number;
}

/** Rolls up the books of a domain. Books that do not balance are a result, not a failure of the function. */
async function rollUp(event: LedgerEvent, context: FunctionContext): Promise<LedgerRun> {
  const run = await ledger.rollUp(event, context.getRemainingTimeInMillis());
  report(run);
  return run;
}

function report({ problems, notes, streams, ...run }: LedgerRun): void {
  logger.info('books rolled up', { ...run, streams: streams.length });
  for (const note of notes) logger.warn('note', { note });
  for (const problem of problems) logger.error('the books do not balance', { problem });
  metrics.addDimension('domain', run.domain);
  metrics.addMetric('UnbalancedRows', MetricUnit.Count, run.unbalancedEvents);
  metrics.addMetric('HoleRows', MetricUnit.Count, run.holeEvents);
  metrics.addMetric('LedgerLagSeconds', MetricUnit.Seconds, run.lagSeconds);
}

export const handler = middy<LedgerEvent, LedgerRun>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(rollUp);
