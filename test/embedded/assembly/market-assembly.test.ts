import { existsSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, deployAssembly } from '#embedded/assembly/deploy-assembly.ts';
import { loadAssembly } from '#embedded/assembly/load-assembly.ts';
import type { LambdaFunctionConfig } from '#embedded/services.ts';
import { synthesizeDeployment } from '#lib/synthesize.ts';
import {
  LOCAL_ENVIRONMENT,
  marketDeployment,
  REPOSITORY_ROOT,
} from '../../lib/deployment-fixture.ts';
import '../../lib/skip-template-check.ts';
import { recordingServices, temporaryFolder } from './assembly-fixture.ts';

/** Without those that every function has. */
function ownVariables(environment: LambdaFunctionConfig['environment']) {
  return Object.fromEntries(
    Object.entries(environment ?? {}).filter(([name]) => !/^(POWERTOOLS|AWS)_/.test(name)),
  );
}

/** The product's own stacks, synthesized and deployed. */
describe('the synthesized local assembly', () => {
  const { services, calls } = recordingServices();
  const argumentsOf = (name: string) => calls.filter(([call]) => call === name).map(([, a]) => a);
  let deployment: Deployment;
  let assemblyDir: string;

  beforeAll(async () => {
    const folder = temporaryFolder();
    assemblyDir = path.join(folder.path, 'assembly');
    synthesizeDeployment(marketDeployment(LOCAL_ENVIRONMENT), {
      root: REPOSITORY_ROOT,
      outdir: assemblyDir,
    });
    deployment = await deployAssembly(loadAssembly(assemblyDir), services, {
      stateDir: path.join(folder.path, 'state'),
      endpoint: 'http://127.0.0.1:4566',
      log: () => {},
    });
    const [code] = argumentsOf('function') as LambdaFunctionConfig[];
    const shipped = ['index.mjs', 'config.json'].filter((file) =>
      existsSync(path.join(code?.codeDir ?? '', file)),
    );
    folder.remove();
    expect(shipped).toEqual(['index.mjs', 'config.json']);
  });

  it('deploys every stack, stateful ones before the functions', () => {
    const names = deployment.stacks.map(({ name }) => name);
    expect([...names].sort()).toEqual([
      'sluice-local-market-catalog',
      'sluice-local-market-ingestion',
      'sluice-local-market-processing',
      'sluice-local-operations',
      'sluice-local-storage',
    ]);
    expect(names.at(-1)).toBe('sluice-local-market-processing');
  });

  it('creates buckets with the local account and region in their names', () => {
    expect(argumentsOf('bucket')).toEqual([
      { name: 'sluice-local-access-logs-000000000000-us-east-1', versioned: false },
      { name: 'sluice-local-lake-000000000000-us-east-1', versioned: true },
      { name: 'sluice-local-dead-letter-000000000000-us-east-1', versioned: true },
      { name: 'sluice-local-results-000000000000-us-east-1', versioned: false },
      {
        name: 'sluice-local-landing-000000000000-us-east-1',
        versioned: true,
        sendsEvents: true,
      },
    ]);
  });

  it('creates databases, tables, stream, workgroup and receipts', () => {
    expect(argumentsOf('database')).toMatchObject([
      { name: 'local_ops' },
      { name: 'local_market_bronze' },
    ]);
    expect(argumentsOf('icebergTable')).toMatchObject([
      { databaseName: 'local_ops', name: 'ledger' },
      {
        name: 'trade',
        icebergTableInput: {
          Location: 's3://sluice-local-lake-000000000000-us-east-1/local_market_bronze/trade',
        },
      },
      { name: 'quote' },
    ]);
    expect(argumentsOf('stream')).toMatchObject([{ name: 'local-market', shardCount: 1 }]);
    expect(argumentsOf('workGroup')).toMatchObject([{ name: 'sluice-local' }]);
    expect(argumentsOf('dynamoDbTable')).toMatchObject([
      { name: 'sluice-local-receipts' },
      { name: 'sluice-local-connectors' },
      { name: 'sluice-local-staging', keySchema: [{ AttributeName: 'domain' }, {}] },
    ]);
  });

  it('creates every function, with the names it works with', () => {
    const functions = argumentsOf('function') as readonly LambdaFunctionConfig[];
    expect(functions.map(({ name, environment }) => [name, ownVariables(environment)])).toEqual([
      ['sluice-local-market-committer', { STAGING_TABLE: 'sluice-local-staging' }],
      [
        'sluice-local-market-lake-writer',
        {
          LAKE_BUCKET: 'sluice-local-lake-000000000000-us-east-1',
          DEAD_LETTER_BUCKET: 'sluice-local-dead-letter-000000000000-us-east-1',
          STAGING_TABLE: 'sluice-local-staging',
          COMMIT_QUEUE_URL: 'http://127.0.0.1:4566/000000000000/sluice-local-market-committer',
        },
      ],
      [
        'sluice-local-market-ledger',
        {
          RECEIPTS_TABLE: 'sluice-local-receipts',
          STAGING_TABLE: 'sluice-local-staging',
          DEAD_LETTER_BUCKET: 'sluice-local-dead-letter-000000000000-us-east-1',
          WRITER_MAPPING_IDS: (argumentsOf('mapping') as readonly { id: string }[])
            .map(({ id }) => id)
            .join(','),
        },
      ],
      ['sluice-local-market-maintenance', { STAGING_TABLE: 'sluice-local-staging' }],
    ]);
  });

  it('maps the stream to the function, with the dead-letter bucket behind it', () => {
    expect(argumentsOf('mapping')).toMatchObject([
      {
        streamName: 'local-market',
        functionName: 'sluice-local-market-lake-writer',
        batchSize: 1000,
        batchingWindowMs: 1000,
        reportBatchItemFailures: true,
        onFailureBucket: 'sluice-local-dead-letter-000000000000-us-east-1',
      },
    ]);
  });

  it('maps the doorbells of the writer to the committer, and keeps those it gave up', () => {
    const arn = 'arn:aws:sqs:us-east-1:000000000000:sluice-local-market-committer';
    expect(argumentsOf('queue')).toMatchObject([
      { name: 'sluice-local-market-committer-failed' },
      {
        name: 'sluice-local-market-committer',
        attributes: {
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: `${arn}-failed`,
            maxReceiveCount: 5,
          }),
        },
      },
    ]);
    expect(argumentsOf('queueMapping')).toMatchObject([
      {
        queueArn: arn,
        functionName: 'sluice-local-market-committer',
        batchSize: 1_000,
        batchingWindowMs: 1_000,
        reportBatchItemFailures: true,
        maxConcurrency: 2,
      },
    ]);
  });

  it('creates topic, subscription, alarms and schedules', () => {
    const topic = 'arn:aws:sns:us-east-1:000000000000:sluice-local-alarms';
    expect(argumentsOf('topic')).toMatchObject([{ arn: topic }]);
    expect(argumentsOf('subscription')).toEqual([
      { topicArn: topic, protocol: 'email', endpoint: 'data@example.com' },
    ]);
    const alarms = argumentsOf('alarm') as readonly { readonly name: string }[];
    expect(alarms.map(({ name }) => name)).toEqual([
      'sluice-local-market-committer-staged-age',
      'sluice-local-market-committer-missing-link',
      'sluice-local-market-committer-unanswered',
      'sluice-local-market-committer-errors',
      'sluice-local-market-lake-writer-errors',
      'sluice-local-market-lake-writer-iterator-age',
      'sluice-local-market-lake-writer-retention',
      'sluice-local-market-lake-writer-failure-destination',
      'sluice-local-market-lake-writer-dropped',
      'sluice-local-market-ledger-unbalanced',
      'sluice-local-market-ledger-errors',
      'sluice-local-market-maintenance-errors',
      'sluice-local-market-maintenance-metadata',
      'sluice-local-market-maintenance-snapshots',
    ]);
    expect(argumentsOf('alarm')).toContainEqual(
      expect.objectContaining({
        name: 'sluice-local-market-lake-writer-errors',
        dimensions: { FunctionName: 'sluice-local-market-lake-writer' },
        actions: { ALARM: [topic], OK: [topic], INSUFFICIENT_DATA: [] },
      }),
    );
    const target = (subject: string) => ({
      name: `sluice-local-market-${subject}`,
      targetArn: `arn:aws:lambda:us-east-1:000000000000:function:sluice-local-market-${subject}`,
    });
    expect(argumentsOf('schedule')).toMatchObject([
      { ...target('committer'), expression: 'rate(1 minute)' },
      { ...target('ledger'), expression: 'rate(5 minutes)' },
      { ...target('maintenance'), expression: 'rate(60 minutes)' },
    ]);
  });

  it('tells tools the names they need', () => {
    expect(deployment.outputs).toEqual({
      'sluice-local-storage': {
        LakeBucketName: 'sluice-local-lake-000000000000-us-east-1',
        DeadLetterBucketName: 'sluice-local-dead-letter-000000000000-us-east-1',
        WorkGroupName: 'sluice-local',
        ReceiptsTableName: 'sluice-local-receipts',
        ConnectorsTableName: 'sluice-local-connectors',
        StagingTableName: 'sluice-local-staging',
        LandingBucketName: 'sluice-local-landing-000000000000-us-east-1',
        OpsDatabaseName: 'local_ops',
      },
      'sluice-local-operations': {
        AlarmTopicArn: 'arn:aws:sns:us-east-1:000000000000:sluice-local-alarms',
      },
      'sluice-local-market-catalog': { BronzeDatabaseName: 'local_market_bronze' },
      'sluice-local-market-ingestion': { StreamNames: 'local-market' },
      'sluice-local-market-processing': {
        LakeWriterFunctionName: 'sluice-local-market-lake-writer',
        CommitterFunctionName: 'sluice-local-market-committer',
        LedgerFunctionName: 'sluice-local-market-ledger',
        MaintenanceFunctionName: 'sluice-local-market-maintenance',
      },
    });
  });
});
