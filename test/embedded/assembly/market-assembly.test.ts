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
    ]);
  });

  it('maps the stream to the function, with the dead-letter bucket behind it', () => {
    expect(argumentsOf('function')).toMatchObject([
      {
        name: 'sluice-local-market-lake-writer',
        environment: {
          LAKE_BUCKET: 'sluice-local-lake-000000000000-us-east-1',
          DEAD_LETTER_BUCKET: 'sluice-local-dead-letter-000000000000-us-east-1',
        },
      },
      {
        name: 'sluice-local-market-ledger',
        environment: { RECEIPTS_TABLE: 'sluice-local-receipts' },
      },
    ]);
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

  it('creates topic, subscription, alarms and the schedule of the ledger', () => {
    const topic = 'arn:aws:sns:us-east-1:000000000000:sluice-local-alarms';
    expect(argumentsOf('topic')).toMatchObject([{ arn: topic }]);
    expect(argumentsOf('subscription')).toEqual([
      { topicArn: topic, protocol: 'email', endpoint: 'data@example.com' },
    ]);
    expect(argumentsOf('alarm')).toHaveLength(7);
    expect(argumentsOf('alarm')).toContainEqual(
      expect.objectContaining({
        name: 'sluice-local-market-lake-writer-errors',
        dimensions: { FunctionName: 'sluice-local-market-lake-writer' },
        actions: { ALARM: [topic], OK: [topic], INSUFFICIENT_DATA: [] },
      }),
    );
    expect(argumentsOf('schedule')).toMatchObject([
      {
        name: 'sluice-local-market-ledger',
        targetArn: 'arn:aws:lambda:us-east-1:000000000000:function:sluice-local-market-ledger',
      },
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
        LedgerFunctionName: 'sluice-local-market-ledger',
      },
    });
  });
});
