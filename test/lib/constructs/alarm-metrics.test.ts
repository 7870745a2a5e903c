import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readEmbeddedMetrics } from '#embedded/cloudwatch/embedded-metrics.ts';
import type { MetricDatum } from '#embedded/services.ts';
import { LEDGER_ENTRY } from '#lib/sluice-app.ts';
import { marketDeployment, PROD_ENVIRONMENT, REPOSITORY_ROOT } from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

const { processing } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT));
const HANDLER = readFileSync(path.join(REPOSITORY_ROOT, LEDGER_ENTRY), 'utf8');

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function propertiesOf(type: string, name: RegExp): Record<string, unknown> {
  const found = Object.entries(processing.findResources(type)).find(([id]) => name.test(id));
  return found?.[1]['Properties'];
}

/** First arguments with which the handler calls a method of Powertools' metrics. */
function namesIn(method: 'addDimension' | 'addMetric'): readonly string[] {
  const calls = HANDLER.matchAll(new RegExp(`metrics\\.${method}\\('(\\w+)'`, 'g'));
  return [...calls].map(([, name = '']) => name);
}

/** What the ledger's handler measures, printed by Powertools in the environment that the template gives it. */
function printedByLedger(): readonly MetricDatum[] {
  const { Environment } = propertiesOf('AWS::Lambda::Function', /^LedgerFunction/);
  const { Variables } = Environment as { readonly Variables: Readonly<Record<string, unknown>> };
  for (const [name, value] of Object.entries(Variables)) {
    if (name.startsWith('POWERTOOLS_')) vi.stubEnv(name, String(value));
  }
  // Through the console that is watched here, and not switched off because of that.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  const metrics = new Metrics();
  for (const name of namesIn('addDimension')) metrics.addDimension(name, 'market');
  for (const name of namesIn('addMetric')) metrics.addMetric(name, MetricUnit.Count, 3);
  metrics.publishStoredMetrics();
  return lines.flatMap((line) => readEmbeddedMetrics(line));
}

describe('the alarm on unbalanced rows', () => {
  it('watches exactly the metric that the ledger prints: namespace, name and every dimension', () => {
    const alarm = propertiesOf('AWS::CloudWatch::Alarm', /unbalanced/);
    const dimensions = alarm['Dimensions'] as readonly { Name: string; Value: string }[];
    expect(printedByLedger()).toContainEqual({
      namespace: alarm['Namespace'],
      name: alarm['MetricName'],
      dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
      value: 3,
      atMs: expect.any(Number),
    });
  });
});
