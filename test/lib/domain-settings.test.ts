import { describe, expect, it } from 'vitest';
import type { DomainSettings } from '#core/config/project.ts';
import { LOCAL_ENVIRONMENT, marketDeployment } from './deployment-fixture.ts';
import { synthesizeTemplates } from './market-templates.ts';

/** Unlike the environment's in every value. */
const STREAM: DomainSettings['stream'] = { shards: 7, retentionHours: 48 };
const WRITER: DomainSettings['writer'] = {
  memoryMb: 3008,
  timeoutSeconds: 77,
  batchSize: 123,
  batchingWindowSeconds: 9,
  retryAttempts: 5,
  maxRecordAgeSeconds: 1234,
  commit: 'group',
  commitIntervalSeconds: 17,
};

describe('settings that a domain overrides', () => {
  const deployment = marketDeployment(LOCAL_ENVIRONMENT);
  const { ingestion, processing } = synthesizeTemplates({
    ...deployment,
    domains: deployment.domains.map((part) => ({
      ...part,
      domain: { ...part.domain, stream: STREAM, writer: WRITER },
    })),
  });

  it('size its buffer', () => {
    ingestion.hasResourceProperties('AWS::Kinesis::Stream', {
      ShardCount: 7,
      RetentionPeriodHours: 48,
    });
  });

  it('size its lake-writer and the batches it gets', () => {
    processing.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'sluice-local-market-lake-writer',
      MemorySize: 3008,
      Timeout: 77,
    });
    processing.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 123,
      MaximumBatchingWindowInSeconds: 9,
      MaximumRetryAttempts: 5,
      MaximumRecordAgeInSeconds: 1234,
    });
  });

  it('size its committer, and make the window of its queue the commit interval', () => {
    processing.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'sluice-local-market-committer',
      MemorySize: 3008,
    });
    processing.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumBatchingWindowInSeconds: 17,
    });
  });

  it('move the alarm that comes before its buffer forgets', () => {
    const alarms = Object.values(processing.findResources('AWS::CloudWatch::Alarm'));
    const texts = alarms.map(({ Properties }) => String(Properties.AlarmDescription));
    expect(texts.filter((text) => text.includes('Records older than 48 hours'))).toHaveLength(1);
  });
});
