import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { Domain } from '#core/config/project.ts';
import type { Deployment } from '#lib/sluice-app.ts';
import { LOCAL_ENVIRONMENT, marketDeployment, PROD_ENVIRONMENT } from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

function withTopics(deployment: Deployment, topics: Domain['topics']): Deployment {
  return {
    ...deployment,
    domains: deployment.domains.map((part) => ({ ...part, domain: { ...part.domain, topics } })),
  };
}

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

  it('has the names of its streams as output', () => {
    ingestion.hasOutput('StreamNames', { Value: { Ref: Match.stringLikeRegexp('^Stream') } });
  });

  it('has a stream per topic where streams do not share one', () => {
    const { ingestion: apart, processing } = synthesizeTemplates(
      withTopics(marketDeployment(PROD_ENVIRONMENT), 'stream'),
    );
    const names = Object.values(apart.findResources('AWS::Kinesis::Stream')).map(
      ({ Properties }) => (Properties as { Name: string }).Name,
    );
    expect(names).toEqual(['prod-market-trade', 'prod-market-quote']);
    const mappings = processing.findResources('AWS::Lambda::EventSourceMapping', {
      Properties: { StartingPosition: 'TRIM_HORIZON' },
    });
    expect(Object.keys(mappings)).toHaveLength(2);
  });
});
