import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GeneratorConnector, HttpPollConnector } from '#core/config/connector.ts';
import type { Domain } from '#core/config/project.ts';
import type { HttpPollConfig } from '#core/poll/poll-config.ts';
import { HTTP_POLL_ENTRY } from '#lib/connector-props.ts';
import {
  MARKET,
  marketDeployment,
  PROD_ENVIRONMENT,
  REPOSITORY_ROOT,
} from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

function poll(name: string, changes: Partial<HttpPollConnector> = {}): HttpPollConnector {
  return {
    name,
    kind: 'http-poll',
    environments: null,
    stream: 'trade',
    everyMinutes: 5,
    request: {
      method: 'GET',
      url: 'https://api.example.com/',
      headers: {},
      body: null,
      basic: null,
    },
    records: '$',
    select: [],
    cursor: null,
    pagination: { kind: 'none' },
    limits: {
      maxPages: 1,
      requestsPerSecond: null,
      timeoutMs: 1,
      maxResponseBytes: 1,
      attempts: 1,
      retryBaseMs: 1,
      retryMaxMs: 1,
    },
    allow: [],
    ...changes,
  };
}

const LONG_NAME = `a_very_long_name_of_a_connector_${'x'.repeat(30)}`;
const GENERATOR: GeneratorConnector = {
  name: 'synthetic',
  kind: 'generator',
  environments: ['dev'],
  streams: ['trade'],
  producers: [{ everyMs: 1_000, minRecords: 1, maxRecords: 2 }],
  seed: 's',
  faults: { brokenEvery: null, duplicateEvery: null, lateEvery: null },
};
const POLLS = [
  poll('prices'),
  poll('rates', { everyMinutes: 1, stream: 'quote', environments: ['prod'] }),
  poll(LONG_NAME, {
    environments: ['dev'],
    limits: { ...poll('any').limits, maxResponseBytes: 50_000_000 },
  }),
];
const DOMAIN: Domain = { ...MARKET, connectors: [...POLLS, GENERATOR] };
const STREAMS = [
  {
    ...MARKET.streams[0]!,
    buffer: 'prod-market',
    schemaVersionId: '11111111-2222-5333-8444-555555555555',
    avro: '{}',
  },
];
const HTTP_POLL: HttpPollConfig = {
  domain: 'market',
  connectors: POLLS,
  streams: STREAMS,
  secrets: {
    cacheSeconds: 60,
    places: {
      key: { backend: 'secretsmanager', path: 'sluice/prod/key', key: null, version: null },
    },
    backends: {
      vault: null,
      file: { folder: '' },
      secretsmanager: { kmsKeyArn: null },
      ssm: { kmsKeyArn: null },
    },
  },
};

const { processing } = synthesizeTemplates(
  marketDeployment(PROD_ENVIRONMENT, {
    domain: DOMAIN,
    httpPoll: HTTP_POLL,
    generator: { domain: 'market', connectors: [GENERATOR], streams: STREAMS },
  }),
);

type Properties = Record<string, unknown>;

function resources(type: string): readonly Properties[] {
  return Object.values(processing.findResources(type)).map(
    (resource) => resource['Properties'] as Properties,
  );
}

describe('scheduled connectors', () => {
  it('are not there without a connector of their kind', () => {
    const { processing: without } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT));
    without.resourceCountIs('AWS::Scheduler::Schedule', 3);
    without.resourceCountIs('AWS::Lambda::Function', 4);
  });

  it('have one function per kind, and no API', () => {
    const names = resources('AWS::Lambda::Function').map(({ FunctionName }) => FunctionName);
    expect(names).toEqual(
      expect.arrayContaining(['sluice-prod-market-http-poll', 'sluice-prod-market-generator']),
    );
    expect(names).toHaveLength(6);
    processing.resourceCountIs('AWS::ApiGatewayV2::Api', 0);
  });

  it('have memory for the largest response', () => {
    processing.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'sluice-prod-market-http-poll',
      MemorySize: 3_000,
      Timeout: 900,
    });
    processing.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'sluice-prod-market-generator',
      MemorySize: 1_024,
      Timeout: 90,
    });
  });

  it('have one schedule each, switched on in their environments only', () => {
    const schedules = resources('AWS::Scheduler::Schedule').map((schedule) => {
      const { Input } = schedule['Target'] as { readonly Input: string };
      return [schedule['Name'], schedule['ScheduleExpression'], schedule['State'], Input];
    });
    const hashed = `sluice-prod-market-http-poll-${LONG_NAME.replaceAll('_', '-')}`.slice(0, 55);
    expect(schedules).toEqual(
      expect.arrayContaining([
        [
          'sluice-prod-market-http-poll-prices',
          'rate(5 minutes)',
          'ENABLED',
          '{"connector":"prices"}',
        ],
        [
          'sluice-prod-market-http-poll-rates',
          'rate(1 minute)',
          'ENABLED',
          '{"connector":"rates"}',
        ],
        [
          expect.stringMatching(new RegExp(`^${hashed}-[0-9a-f]{8}$`)),
          'rate(5 minutes)',
          'DISABLED',
          `{"connector":"${LONG_NAME}"}`,
        ],
        [
          'sluice-prod-market-generator-synthetic',
          'rate(1 minute)',
          'DISABLED',
          '{"connector":"synthetic","scheduledTime":"<aws.scheduler.scheduled-time>"}',
        ],
      ]),
    );
    expect(schedules).toHaveLength(7);
  });

  it('may do what they do, and nothing else', () => {
    const roles = Object.fromEntries(
      resources('AWS::IAM::Role').map((role) => [role['Description'], role['Policies']]),
    );
    const actionsOf = (description: string) =>
      Object.fromEntries(
        (
          roles[description] as {
            readonly PolicyName: string;
            readonly PolicyDocument: {
              readonly Statement: readonly { readonly Action: unknown }[];
            };
          }[]
        ).map(({ PolicyName, PolicyDocument }) => [
          PolicyName,
          PolicyDocument.Statement.flatMap(({ Action }) => Action),
        ]),
      );
    const common = {
      WriteStream: ['kinesis:ListShards', 'kinesis:PutRecords'],
      WriteReceipts: ['dynamodb:UpdateItem'],
      WriteLogs: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    };
    expect(actionsOf('Execution role of the generator connectors of market')).toEqual(common);
    expect(actionsOf('Execution role of the http-poll connectors of market')).toEqual({
      ...common,
      KeepState: ['dynamodb:UpdateItem'],
      ReadSecrets: ['secretsmanager:GetSecretValue'],
      KeepObjects: ['s3:PutObject'],
    });
  });

  it('raise an alarm when nothing comes, where they are switched on', () => {
    const silent = resources('AWS::CloudWatch::Alarm').filter(
      ({ MetricName }) => MetricName === 'PollsSucceeded',
    );
    expect(silent.map(({ AlarmName }) => AlarmName)).toEqual([
      'sluice-prod-market-http-poll-nothing-polled-prices',
      'sluice-prod-market-http-poll-nothing-polled-rates',
    ]);
    expect(silent[0]).toMatchObject({
      Namespace: 'Sluice',
      Dimensions: [
        { Name: 'connector', Value: 'prices' },
        { Name: 'service', Value: 'sluice-prod-market-http-poll' },
      ],
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 3,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
    const handler = readFileSync(path.join(REPOSITORY_ROOT, HTTP_POLL_ENTRY), 'utf8');
    expect(handler).toContain("addMetric('PollsSucceeded'");
    expect([...handler.matchAll(/addDimension\('(\w+)'/g)].map(([, name]) => name)).toEqual([
      'connector',
    ]);
  });

  it('have alarms that docs/operations.md explains', () => {
    const operations = readFileSync(path.join(REPOSITORY_ROOT, 'docs/operations.md'), 'utf8');
    for (const alarm of [
      'http-poll-nothing-polled-<connector>',
      'http-poll-errors',
      'generator-errors',
    ]) {
      expect(operations).toContain(`| \`${alarm}\` |`);
    }
    expect(operations).toContain('\n### nothing-polled\n');
  });
});
