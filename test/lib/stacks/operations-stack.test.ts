import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { LOCAL_ENVIRONMENT, marketDeployment, PROD_ENVIRONMENT } from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

const { operations } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT));
const OWN_ACCOUNT = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
const CLOUDWATCH = { Service: 'cloudwatch.amazonaws.com' };

function statements(type: string, property: string): readonly Record<string, unknown>[] {
  const [resource] = Object.values(operations.findResources(type));
  return resource?.['Properties'][property].Statement;
}

describe('operations stack', () => {
  it('has a topic under a key of its own', () => {
    operations.hasResourceProperties('AWS::SNS::Topic', {
      TopicName: 'sluice-prod-alarms',
      KmsMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^AlarmKey'), 'Arn'] },
    });
  });

  it('rotates the key and deletes it with the stack: it protects nothing that is kept', () => {
    operations.hasResource('AWS::KMS::Key', {
      Properties: { EnableKeyRotation: true, PendingWindowInDays: 7 },
      DeletionPolicy: 'Delete',
    });
    operations.hasResourceProperties('AWS::KMS::Alias', { AliasName: 'alias/sluice-prod-alarms' });
  });

  it('lets CloudWatch use the key, for alarms of this account only', () => {
    expect(statements('AWS::KMS::Key', 'KeyPolicy')).toContainEqual({
      Effect: 'Allow',
      Principal: CLOUDWATCH,
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
      Condition: OWN_ACCOUNT,
    });
  });

  it('lets CloudWatch publish, for alarms of this account only', () => {
    expect(statements('AWS::SNS::TopicPolicy', 'PolicyDocument')).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Principal: CLOUDWATCH,
        Action: 'sns:Publish',
        Condition: OWN_ACCOUNT,
      }),
    );
  });

  it('refuses to be told over an open connection', () => {
    expect(statements('AWS::SNS::TopicPolicy', 'PolicyDocument')).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });

  it('subscribes every address of the configuration', () => {
    const alarms = { ...LOCAL_ENVIRONMENT.alarms, email: ['a@example.com', 'b@example.com'] };
    const { operations: two } = synthesizeTemplates(
      marketDeployment({ ...LOCAL_ENVIRONMENT, alarms }),
    );
    const subscriptions = Object.values(two.findResources('AWS::SNS::Subscription'));
    expect(subscriptions.map((each) => each['Properties'])).toEqual(
      alarms.email.map((Endpoint) => ({
        Endpoint,
        Protocol: 'email',
        TopicArn: { Ref: expect.stringMatching(/^AlarmTopic/) },
      })),
    );
  });

  it('works without addresses', () => {
    const { operations: none } = synthesizeTemplates(
      marketDeployment({
        ...LOCAL_ENVIRONMENT,
        alarms: { ...LOCAL_ENVIRONMENT.alarms, email: [] },
      }),
    );
    none.resourceCountIs('AWS::SNS::Subscription', 0);
  });
});
