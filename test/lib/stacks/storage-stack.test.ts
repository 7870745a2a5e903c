import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { LOCAL_ENVIRONMENT, marketDeployment, PROD_ENVIRONMENT } from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

const { storage } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT));
const local = synthesizeTemplates(marketDeployment(LOCAL_ENVIRONMENT)).storage;

function bucketName(purpose: string) {
  return {
    'Fn::Join': [
      '-',
      [`sluice-prod-${purpose}`, { Ref: 'AWS::AccountId' }, { Ref: 'AWS::Region' }],
    ],
  };
}

describe('storage stack', () => {
  it('has sixteen resources', () => {
    expect(Object.keys(storage.toJSON().Resources)).toHaveLength(16);
  });

  it.each(['lake', 'access-logs', 'dead-letter', 'results'])(
    'encrypts the %s bucket, blocks public access and switches ACLs off',
    (purpose) => {
      storage.hasResourceProperties('AWS::S3::Bucket', {
        BucketName: bucketName(purpose),
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
          ],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      });
    },
  );

  it('denies requests without TLS on every bucket', () => {
    const policies = storage.findResources('AWS::S3::BucketPolicy', {
      Properties: {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Deny',
              Action: 's3:*',
              Principal: { AWS: '*' },
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
          ]),
        },
      },
    });
    expect(Object.keys(policies)).toHaveLength(5);
  });

  it('logs the accesses of every bucket but the log bucket', () => {
    const logged = storage.findResources('AWS::S3::Bucket', {
      Properties: {
        LoggingConfiguration: { DestinationBucketName: { Ref: Match.stringLikeRegexp('^Access') } },
      },
    });
    expect(Object.keys(logged)).toHaveLength(4);
  });

  it('keeps what is deleted from the lake for a week', () => {
    storage.hasResourceProperties('AWS::S3::Bucket', {
      BucketName: bucketName('lake'),
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: [
          {
            Status: 'Enabled',
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
            NoncurrentVersionExpiration: { NoncurrentDays: 7 },
            ExpiredObjectDeleteMarker: true,
          },
        ],
      },
    });
  });

  it('never expires a dead letter', () => {
    storage.hasResourceProperties('AWS::S3::Bucket', {
      BucketName: bucketName('dead-letter'),
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: Match.absent() })] },
    });
  });

  it('removes query results after a week', () => {
    storage.hasResourceProperties('AWS::S3::Bucket', {
      BucketName: bucketName('results'),
      LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 7 })] },
    });
  });

  it('enforces the scan limit and the result bucket on every query', () => {
    storage.hasResourceProperties('AWS::Athena::WorkGroup', {
      Name: 'sluice-prod',
      RecursiveDeleteOption: false,
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 100_000_000_000,
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        ResultConfiguration: {
          OutputLocation: {
            'Fn::Join': [
              '',
              ['s3://', { Ref: Match.stringLikeRegexp('^QueryResults') }, '/results/'],
            ],
          },
          ExpectedBucketOwner: { Ref: 'AWS::AccountId' },
          EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
        },
      },
    });
  });

  it.each(['receipts', 'connectors'])(
    'keeps %s in an on-demand table that can be restored to any second',
    (table) => {
      storage.hasResourceProperties('AWS::DynamoDB::Table', {
        TableName: `sluice-prod-${table}`,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      });
    },
  );

  it('keeps what is staged by domain and source, restorable and protected', () => {
    storage.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: 'sluice-prod-staging',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'domain', KeyType: 'HASH' },
        { AttributeName: 'source', KeyType: 'RANGE' },
      ],
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    });
  });

  it.each(['AWS::S3::Bucket', 'AWS::DynamoDB::Table'])(
    'retains every %s in prod and deletes it in a throw-away environment',
    (type) => {
      storage.allResources(type, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      local.allResources(type, { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
    },
  );

  it('creates the ledger in the ops database, and retains it even in a throw-away environment', () => {
    local.hasResource('AWS::Glue::Table', {
      Properties: { DatabaseName: 'local_ops', Name: 'ledger' },
      DeletionPolicy: 'Retain',
    });
  });

  it('retains the ops database even in a throw-away environment', () => {
    local.hasResource('AWS::Glue::Database', {
      Properties: { CatalogId: { Ref: 'AWS::AccountId' }, DatabaseInput: { Name: 'local_ops' } },
      DeletionPolicy: 'Retain',
    });
  });

  it.each([
    'LakeBucketName',
    'DeadLetterBucketName',
    'WorkGroupName',
    'ReceiptsTableName',
    'OpsDatabaseName',
  ])('has the output %s', (name) => {
    storage.hasOutput(name, { Value: { Ref: Match.anyValue() } });
  });
});
