import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDeployment } from '#lib/load-deployment.ts';
import {
  COMMITTER_ENTRY,
  HTTP_INGEST_ENTRY,
  LAKE_WRITER_ENTRY,
  LEDGER_ENTRY,
  MAINTENANCE_ENTRY,
} from '#lib/sluice-app.ts';
import { loadProject } from '#runtime/load-project.ts';
import {
  FIXED_BUNDLER,
  marketDeployment,
  PROD_ENVIRONMENT,
  REPOSITORY_ROOT,
} from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions: readonly unknown[];
  readonly OKActions: readonly unknown[];
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Statistic: string;
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
}

/** This project in production, with its HTTP API. */
const { processing } = synthesizeTemplates(
  createDeployment(loadProject({ root: REPOSITORY_ROOT, environment: 'prod' }), FIXED_BUNDLER),
);
const alarms = Object.values(processing.findResources('AWS::CloudWatch::Alarm')).map(
  (resource) => resource['Properties'] as AlarmProperties,
);
const operations = readFileSync(path.join(REPOSITORY_ROOT, 'docs/operations.md'), 'utf8');

/** What decides, without texts and actions. */
function rulesOf({ MetricName, ...alarm }: AlarmProperties): string {
  const sign = alarm.ComparisonOperator === 'GreaterThanThreshold' ? '>' : '>=';
  const datapoints = `${alarm.DatapointsToAlarm} of ${alarm.EvaluationPeriods} x ${alarm.Period} s`;
  return `${alarm.Statistic} ${MetricName} ${sign} ${alarm.Threshold}, ${datapoints}, ${alarm.TreatMissingData}`;
}

describe('the alarms of a domain', () => {
  it('are these, each with what it thinks of silence', () => {
    expect(Object.fromEntries(alarms.map((alarm) => [alarm.AlarmName, rulesOf(alarm)]))).toEqual({
      'sluice-prod-market-generator-errors': 'Sum Errors > 0, 2 of 3 x 120 s, notBreaching',
      'sluice-prod-market-lake-writer-errors': 'Sum Errors > 0, 2 of 3 x 120 s, notBreaching',
      'sluice-prod-market-lake-writer-iterator-age':
        'Maximum IteratorAge >= 900000, 1 of 1 x 300 s, notBreaching',
      'sluice-prod-market-lake-writer-retention':
        'Maximum IteratorAge >= 151200000, 1 of 1 x 300 s, notBreaching',
      'sluice-prod-market-lake-writer-failure-destination':
        'Sum OnFailureDestinationDeliveredEventCount > 0, 1 of 1 x 300 s, notBreaching',
      'sluice-prod-market-lake-writer-dropped':
        'Sum DroppedEventCount > 0, 1 of 1 x 300 s, notBreaching',
      'sluice-prod-market-committer-staged-age':
        'Maximum OldestStagedAge > 300, 2 of 2 x 300 s, breaching',
      'sluice-prod-market-committer-missing-link':
        'Maximum MissingLinks > 0, 1 of 1 x 300 s, notBreaching',
      'sluice-prod-market-committer-unanswered':
        'Maximum ApproximateNumberOfMessagesVisible > 0, 1 of 1 x 300 s, notBreaching',
      'sluice-prod-market-committer-errors': 'Sum Errors > 0, 2 of 3 x 300 s, notBreaching',
      'sluice-prod-market-ledger-unbalanced':
        'Maximum UnbalancedRows > 0, 2 of 2 x 1800 s, breaching',
      'sluice-prod-market-ledger-errors': 'Sum Errors > 0, 2 of 3 x 900 s, notBreaching',
      'sluice-prod-market-maintenance-errors': 'Sum Errors > 0, 2 of 3 x 3600 s, notBreaching',
      'sluice-prod-market-maintenance-metadata':
        'Maximum MetadataBytes > 8000000, 2 of 3 x 3600 s, notBreaching',
      'sluice-prod-market-maintenance-snapshots':
        'Maximum SnapshotCount > 2000, 2 of 3 x 3600 s, notBreaching',
      'sluice-prod-market-file-ingest-given-up':
        'Maximum ApproximateNumberOfMessagesVisible > 0, 1 of 1 x 300 s, notBreaching',
      'sluice-prod-market-file-ingest-waiting':
        'Maximum ApproximateAgeOfOldestMessage > 7200, 1 of 1 x 300 s, notBreaching',
      'sluice-prod-market-file-ingest-errors': 'Sum Errors > 0, 2 of 3 x 900 s, notBreaching',
      'sluice-prod-market-http-ingest-server-errors': 'Sum 5xx > 0, 2 of 3 x 60 s, notBreaching',
    });
  });

  it('watch the resources of their own stack', () => {
    const watched = new Set(
      alarms
        .flatMap(({ Dimensions }) => Dimensions.map(({ Name, Value }) => [Name, Value]))
        .map((it) => JSON.stringify(it)),
    );
    expect([...watched].map((it) => JSON.parse(it))).toEqual(
      expect.arrayContaining([
        ['FunctionName', { Ref: expect.stringMatching(/^LakeWriterFunction/) }],
        ['EventSourceMappingUUID', { Ref: expect.stringMatching(/^LakeWriterStreamMapping/) }],
        ['FunctionName', { Ref: expect.stringMatching(/^LedgerFunction/) }],
        ['ApiId', { Ref: expect.stringMatching(/^HttpIngest/) }],
        ['FunctionName', { Ref: expect.stringMatching(/^CommitterFunction/) }],
        ['service', 'sluice-prod-market-committer'],
        ['service', 'sluice-prod-market-ledger'],
        ['domain', 'market'],
      ]),
    );
  });

  it.each(alarms)('$AlarmName tells the topic when it is raised and when it is over', (alarm) => {
    const topic = {
      'Fn::ImportValue': expect.stringMatching(/^sluice-prod-operations:.*AlarmTopic/),
    };
    expect(alarm.AlarmActions).toEqual([topic]);
    expect(alarm.OKActions).toEqual([topic]);
  });

  it.each(alarms)(
    '$AlarmName says what happened, what to run and where to read on',
    ({ AlarmDescription }) => {
      // Source: CloudWatch API, PutMetricAlarm, AlarmDescription.
      expect(AlarmDescription.length).toBeLessThanOrEqual(1024);
      expect(AlarmDescription).toMatch(
        /aws logs tail \/aws\/lambda\/sluice-prod-market-[a-z-]+ --since/,
      );
      const [, section] = /See docs\/operations\.md, "([a-z-]+)"\.$/.exec(AlarmDescription) ?? [];
      expect(operations).toContain(`\n### ${section}\n`);
    },
  );

  it.each(alarms)('$AlarmName stands in the table of docs/operations.md', ({ AlarmName }) => {
    expect(operations).toContain(`| \`${AlarmName.replace('sluice-prod-market-', '')}\` |`);
  });

  it('cost what docs/operations.md says', () => {
    expect(operations).toContain(`alarms: ${alarms.length} per domain`);
    expect(operations).toContain(`| ${(alarms.length * 0.1).toFixed(2)} per domain |`);
  });

  it('and metrics cost what docs/operations.md says', () => {
    const handlers = [
      LAKE_WRITER_ENTRY,
      COMMITTER_ENTRY,
      HTTP_INGEST_ENTRY,
      LEDGER_ENTRY,
      MAINTENANCE_ENTRY,
    ];
    const metrics = handlers.flatMap((entry) => {
      const source = readFileSync(path.join(REPOSITORY_ROOT, entry), 'utf8');
      return [...source.matchAll(/\.addMetric\('/g)];
    });
    expect(operations).toContain(`at most ${metrics.length} per domain`);
    expect(operations).toContain(`0.30 each | ${(metrics.length * 0.3).toFixed(2)} per domain |`);
  });

  it('leave out the API, the files and the generator of a domain that has none', () => {
    const { processing: without } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT));
    without.resourceCountIs('AWS::CloudWatch::Alarm', alarms.length - 5);
  });
});
