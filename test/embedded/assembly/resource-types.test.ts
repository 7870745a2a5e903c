import { describe, expect, it } from 'vitest';
import { deployAssembly } from '#embedded/assembly/deploy-assembly.ts';
import type { FileAsset } from '#embedded/assembly/load-assembly.ts';
import { resourceType } from '#embedded/assembly/resource-types.ts';
import {
  oneStack,
  recordingServices,
  type ServiceCall,
  temporaryFolder,
} from './assembly-fixture.ts';

type Properties = Readonly<Record<string, unknown>>;

async function deploy(resources: Readonly<Record<string, unknown>>): Promise<ServiceCall[]> {
  const folder = temporaryFolder();
  const { services, calls } = recordingServices();
  const assembly = oneStack(resources);
  const assets = new Map<string, FileAsset>([
    ['abc.zip', { path: '/assembly/asset.abc', packaging: 'zip' }],
    ['one.txt', { path: '/assembly/one.txt', packaging: 'file' }],
  ]);
  try {
    await deployAssembly(
      { ...assembly, stacks: assembly.stacks.map((stack) => ({ ...stack, assets })) },
      services,
      { stateDir: folder.path, endpoint: 'http://127.0.0.1:4566', log: () => {} },
    );
    return calls;
  } finally {
    folder.remove();
  }
}

const deployOne = (type: string, properties: Properties) =>
  deploy({ It: { Type: type, Properties: properties } });

const STREAM = {
  Name: 'local-market',
  ShardCount: 2,
  RetentionPeriodHours: 24,
  StreamModeDetails: { StreamMode: 'PROVISIONED' },
};
const TABLE = {
  TableName: 'receipts',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
};
const ICEBERG_TABLE_INPUT = {
  Location: 's3://lake/market/trade',
  Schema: {
    Type: 'struct',
    SchemaId: 0,
    Fields: [{ Id: 1, Name: 'symbol', Required: true, Type: 'string' }],
  },
  Properties: { 'write.format.default': 'parquet' },
};
const glueTable = (input: Properties) => ({
  CatalogId: '000000000000',
  DatabaseName: 'local_market_bronze',
  Name: 'trade',
  OpenTableFormatInput: {
    IcebergInput: { MetadataOperation: 'CREATE', Version: '2', IcebergTableInput: input },
  },
});
const WORKGROUP = {
  Name: 'sluice-local',
  WorkGroupConfiguration: {
    EnforceWorkGroupConfiguration: true,
    ResultConfiguration: { OutputLocation: 's3://results/' },
  },
};
const FUNCTION = {
  FunctionName: 'writer',
  Runtime: 'nodejs24.x',
  Handler: 'index.handler',
  Code: { S3Bucket: 'assets', S3Key: 'abc.zip' },
  MemorySize: 512,
  Timeout: 30,
  Role: 'arn:aws:iam::000000000000:role/writer',
  Environment: { Variables: { LAKE_BUCKET: 'lake' } },
};

describe('deployed resource types', () => {
  it('create a bucket, versioned when the template says so', async () => {
    const versioned = { BucketName: 'lake', VersioningConfiguration: { Status: 'Enabled' } };
    expect(await deployOne('AWS::S3::Bucket', versioned)).toEqual([
      ['bucket', { name: 'lake', versioned: true }],
    ]);
    expect(await deployOne('AWS::S3::Bucket', {})).toEqual([
      ['bucket', { name: expect.stringMatching(/^app-it-[0-9a-f]{8}$/), versioned: false }],
    ]);
  });

  it('create a stream', async () => {
    expect(await deployOne('AWS::Kinesis::Stream', STREAM)).toEqual([
      ['stream', { name: 'local-market', shardCount: 2, retentionHours: 24 }],
    ]);
    const large = { ...STREAM, MaxRecordSizeInKiB: 10_240 };
    expect(await deployOne('AWS::Kinesis::Stream', large)).toEqual([
      ['stream', { name: 'local-market', shardCount: 2, retentionHours: 24, maxRecordKib: 10_240 }],
    ]);
  });

  it('create a DynamoDB table', async () => {
    expect(await deployOne('AWS::DynamoDB::Table', TABLE)).toEqual([
      [
        'dynamoDbTable',
        {
          name: 'receipts',
          keySchema: TABLE.KeySchema,
          attributeDefinitions: TABLE.AttributeDefinitions,
        },
      ],
    ]);
  });

  it('create a database and a table with its input unchanged', async () => {
    const calls = await deploy({
      Table: {
        Type: 'AWS::Glue::Table',
        Properties: glueTable(ICEBERG_TABLE_INPUT),
        DependsOn: 'Db',
      },
      Db: {
        Type: 'AWS::Glue::Database',
        Properties: {
          CatalogId: '000000000000',
          DatabaseInput: { Name: 'local_market_bronze', Description: 'as received' },
        },
      },
    });
    expect(calls).toEqual([
      ['database', { name: 'local_market_bronze', description: 'as received' }],
      [
        'icebergTable',
        {
          databaseName: 'local_market_bronze',
          name: 'trade',
          icebergTableInput: ICEBERG_TABLE_INPUT,
        },
      ],
    ]);
  });

  it('create a workgroup with its scan limit, or without one', async () => {
    const limited = {
      ...WORKGROUP,
      WorkGroupConfiguration: {
        ...WORKGROUP.WorkGroupConfiguration,
        BytesScannedCutoffPerQuery: 10_000_000,
      },
    };
    const call = { name: 'sluice-local', outputLocation: 's3://results/' };
    expect(await deployOne('AWS::Athena::WorkGroup', limited)).toEqual([
      ['workGroup', { ...call, scanLimitBytes: 10_000_000 }],
    ]);
    expect(await deployOne('AWS::Athena::WorkGroup', WORKGROUP)).toEqual([
      ['workGroup', { ...call, scanLimitBytes: null }],
    ]);
  });

  it('create a function from the folder of its asset, pointed at the local cloud', async () => {
    expect(await deployOne('AWS::Lambda::Function', FUNCTION)).toEqual([
      [
        'function',
        {
          name: 'writer',
          arn: 'arn:aws:lambda:us-east-1:000000000000:function:writer',
          codeDir: '/assembly/asset.abc',
          handler: 'index.handler',
          timeoutMs: 30_000,
          memoryMb: 512,
          environment: { LAKE_BUCKET: 'lake', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' },
          maxConcurrency: 10,
          roleArn: FUNCTION.Role,
        },
      ],
    ]);
  });

  it('limit the concurrency of a function as its template does', async () => {
    const [call] = await deployOne('AWS::Lambda::Function', {
      ...FUNCTION,
      ReservedConcurrentExecutions: 2,
    });
    expect(call?.[1]).toMatchObject({ maxConcurrency: 2, reservedConcurrency: 2 });
  });

  it.each([
    ['AWS::S3::Bucket', { BucketName: 'With.Dots' }, 'BucketName'],
    [
      'AWS::S3::Bucket',
      {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } },
          ],
        },
      },
      'BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.SSEAlgorithm',
    ],
    [
      'AWS::Kinesis::Stream',
      { ...STREAM, StreamModeDetails: { StreamMode: 'ON_DEMAND' } },
      'StreamModeDetails.StreamMode',
    ],
    [
      'AWS::Kinesis::Stream',
      { ...STREAM, StreamEncryption: { EncryptionType: 'KMS', KeyId: 'my-key' } },
      'StreamEncryption.KeyId',
    ],
    ['AWS::DynamoDB::Table', { ...TABLE, BillingMode: 'PROVISIONED' }, 'BillingMode'],
    ['AWS::DynamoDB::Table', { ...TABLE, StreamSpecification: {} }, 'StreamSpecification'],
    ['AWS::Glue::Table', { ...glueTable(ICEBERG_TABLE_INPUT), TableInput: {} }, 'TableInput'],
    [
      'AWS::Glue::Table',
      { ...glueTable(ICEBERG_TABLE_INPUT), CatalogId: '123456789012' },
      'CatalogId',
    ],
    [
      'AWS::Glue::Table',
      glueTable({ ...ICEBERG_TABLE_INPUT, Location: '/tmp' }),
      'OpenTableFormatInput.IcebergInput.IcebergTableInput',
    ],
    [
      'AWS::Glue::Table',
      glueTable({ ...ICEBERG_TABLE_INPUT, Tags: {} }),
      'OpenTableFormatInput.IcebergInput.IcebergTableInput',
    ],
    ['AWS::Athena::WorkGroup', { ...WORKGROUP, State: 'DISABLED' }, 'State'],
    ['AWS::Lambda::Function', { ...FUNCTION, Runtime: 'python3.13' }, 'Runtime'],
    ['AWS::Lambda::Function', { ...FUNCTION, VpcConfig: {} }, 'VpcConfig'],
    ['AWS::Lambda::Function', { ...FUNCTION, Layers: ['arn:x'] }, 'Layers'],
    [
      'AWS::Lambda::Function',
      { ...FUNCTION, Code: { S3Bucket: 'assets', S3Key: 'lost.zip' } },
      'Code.S3Key',
    ],
    [
      'AWS::Lambda::Function',
      { ...FUNCTION, Code: { S3Bucket: 'assets', S3Key: 'one.txt' } },
      'Code.S3Key',
    ],
    ['AWS::Lambda::Function', { ...FUNCTION, Code: { ZipFile: 'exports' } }, 'Code.ZipFile'],
    [
      'AWS::IAM::Role',
      {
        AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] },
        ManagedPolicyArns: ['arn:x'],
      },
      'ManagedPolicyArns',
    ],
    ['AWS::Logs::LogGroup', { KmsKeyId: 'key' }, 'KmsKeyId'],
  ])('of %s refuse %j', async (type, properties, path) => {
    await expect(deployOne(type, properties)).rejects.toThrow(`  app/It.${path}: `);
  });
});

const policyOf = (...statements: readonly Properties[]) => ({
  Version: '2012-10-17',
  Statement: statements,
});
const GRANT = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::lake/*' };
const TRUST = policyOf({
  Effect: 'Allow',
  Action: 'sts:AssumeRole',
  Principal: { Service: 'lambda.amazonaws.com' },
});

describe('identities and policies', () => {
  it('of roles reach IAM, inline, attached and managed ones', async () => {
    const document = policyOf(GRANT);
    const calls = await deploy({
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: 'writer',
          AssumeRolePolicyDocument: TRUST,
          Policies: [{ PolicyName: 'inline', PolicyDocument: document }],
        },
      },
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: { PolicyName: 'attached', PolicyDocument: document, Roles: [{ Ref: 'Role' }] },
      },
      Managed: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          ManagedPolicyName: 'managed',
          PolicyDocument: document,
          Roles: [{ Ref: 'Role' }],
        },
      },
    });
    expect(calls).toEqual([
      [
        'role',
        {
          name: 'writer',
          arn: 'arn:aws:iam::000000000000:role/writer',
          trust: TRUST,
          policies: [{ name: 'inline', document }],
        },
      ],
      ['rolePolicy', { roleName: 'writer', name: 'attached', document }],
      [
        'rolePolicy',
        { roleName: 'writer', name: 'arn:aws:iam::000000000000:policy/managed', document },
      ],
    ]);
  });

  it('of buckets and functions reach IAM', async () => {
    const document = policyOf({ ...GRANT, Principal: { AWS: '*' } });
    expect(
      await deployOne('AWS::S3::BucketPolicy', { Bucket: 'lake', PolicyDocument: document }),
    ).toEqual([
      ['resourcePolicy', { resource: 'arn:aws:s3:::lake', name: 'bucket policy', document }],
    ]);
    const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:ingest';
    const permission = {
      Action: 'lambda:InvokeFunction',
      FunctionName: functionArn,
      Principal: 'apigateway.amazonaws.com',
      SourceArn: 'arn:aws:execute-api:us-east-1:000000000000:api/*',
    };
    expect(await deployOne('AWS::Lambda::Permission', permission)).toMatchObject([
      [
        'resourcePolicy',
        {
          resource: functionArn,
          document: {
            Statement: [
              {
                Effect: 'Allow',
                Action: 'lambda:InvokeFunction',
                Resource: functionArn,
                Principal: { Service: 'apigateway.amazonaws.com' },
                Condition: { ArnLike: { 'aws:SourceArn': permission.SourceArn } },
              },
            ],
          },
        },
      ],
    ]);
  });

  it.each<[string, Properties, string]>([
    ['NotAction', { NotAction: 's3:GetObject' }, 'NotAction'],
    ['NotResource', { NotResource: 'arn:aws:s3:::lake/*' }, 'NotResource'],
    ['NotPrincipal', { NotPrincipal: { AWS: '*' } }, 'NotPrincipal'],
    ['a principal', { Principal: '*' }, 'Principal'],
    ['an action without a service', { Action: 'GetObject' }, 'Action'],
    [
      'an operator that is not evaluated',
      { Condition: { StringEqualsIfExists: { 'aws:SourceArn': 'a' } } },
      'Condition.StringEqualsIfExists',
    ],
    [
      'a condition key that no call carries',
      { Condition: { StringEquals: { 'aws:SourceIp': '10.0.0.0' } } },
      'Condition.StringEquals.aws:SourceIp',
    ],
    [
      'a policy variable that no call carries',
      { Resource: `arn:aws:s3:::lake/$\{aws:username}/*` },
      'Resource',
    ],
  ])('refuse %s', async (_, change, property) => {
    const document = policyOf({ ...GRANT, ...change });
    const properties = { PolicyName: 'p', PolicyDocument: document, Roles: ['r'] };
    await expect(deployOne('AWS::IAM::Policy', properties)).rejects.toThrow(
      `  app/It.PolicyDocument.Statement[0].${property}: `,
    );
  });
});

describe('inert resource types', () => {
  it.each([
    ['AWS::Logs::LogGroup', { LogGroupName: '/aws/lambda/writer', RetentionInDays: 7 }],
    ['AWS::CDK::Metadata', { Analytics: 'v2:deflate64:abc' }],
  ])('accept %s without a call to any service', async (type, properties) => {
    expect(await deployOne(type, properties)).toEqual([]);
    expect(resourceType(type)?.inert).toBe(true);
  });

  it('still have attributes that others refer to', async () => {
    const calls = await deploy({
      Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/aws/lambda/writer' } },
      It: {
        Type: 'AWS::Lambda::Function',
        Properties: { ...FUNCTION, LoggingConfig: { LogGroup: { Ref: 'Logs' } } },
      },
    });
    expect(calls).toHaveLength(1);
  });
});
