import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { LOCAL_ENVIRONMENT, marketDeployment, PROD_ENVIRONMENT } from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

const { ingestion } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT));

describe('ingestion stack', () => {
  it('has one provisioned, encrypted stream of the configured size', () => {
    expect(Object.keys(ingestion.toJSON().Resources)).toHaveLength(1);
    ingestion.hasResource('AWS::Kinesis::Stream', {
      Properties: {
        Name: 'prod-market',
        ShardCount: 4,
        RetentionPeriodHours: 168,
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
      },
      DeletionPolicy: 'Retain',
    });
  });

  it('lets a throw-away environment delete its stream', () => {
    const local = synthesizeTemplates(marketDeployment(LOCAL_ENVIRONMENT)).ingestion;
    local.hasResource('AWS::Kinesis::Stream', { DeletionPolicy: 'Delete' });
  });

  it('has the stream name as output', () => {
    ingestion.hasOutput('StreamName', { Value: { Ref: Match.stringLikeRegexp('^Stream') } });
  });
});
