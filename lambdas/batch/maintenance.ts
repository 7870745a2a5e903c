import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { MaintenanceRun } from '#app/maintain/maintain-domain.ts';
import { createMaintenance } from '#runtime/maintenance.ts';
import { logger, metrics } from '../powertools.ts';

const maintenance = await createMaintenance();

interface FunctionContext {
  getRemainingTimeInMillis(): number;
}

/** Keeps the tables of a domain in order. Fails in the end when a table could not be: the alarm on errors tells. */
async function maintain(_event: unknown, context: FunctionContext): Promise<MaintenanceRun> {
  const run = await maintenance.run(context.getRemainingTimeInMillis());
  report(run);
  const failed = run.tables.filter(({ problem }) => problem !== null);
  if (failed.length > 0) {
    const names = failed.map(({ table }) => table).join(', ');
    throw new Error(`not maintained: ${names}; the log says why`);
  }
  return run;
}

function report({ domain, tables, skipped }: MaintenanceRun): void {
  for (const { problem, ...table } of tables) {
    if (problem === null) logger.info('table maintained', table);
    else logger.error('table not maintained', { ...table, problem });
  }
  if (skipped.length > 0) logger.warn('time was up', { skipped });
  metrics.addDimension('domain', domain);
  const snapshots = Math.max(0, ...tables.map((table) => table.snapshots));
  const metadataBytes = Math.max(0, ...tables.map((table) => table.metadataBytes));
  const rewritten = sumOf(tables, ({ compaction }) => compaction?.filesBefore);
  const expired = sumOf(tables, ({ retention }) => retention?.removedFiles);
  const orphans = sumOf(tables, (table) => table.orphans?.deleted);
  metrics.addMetric('SnapshotCount', MetricUnit.Count, snapshots);
  metrics.addMetric('MetadataBytes', MetricUnit.Bytes, metadataBytes);
  metrics.addMetric('FilesRewritten', MetricUnit.Count, rewritten);
  metrics.addMetric('FilesExpired', MetricUnit.Count, expired);
  metrics.addMetric('OrphansRemoved', MetricUnit.Count, orphans);
}

function sumOf(
  tables: MaintenanceRun['tables'],
  value: (table: MaintenanceRun['tables'][number]) => number | undefined,
): number {
  return tables.reduce((sum, table) => sum + (value(table) ?? 0), 0);
}

export const handler = middy<unknown, MaintenanceRun>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(maintain);
