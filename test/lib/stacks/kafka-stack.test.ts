import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { Domain, Environment } from '#core/config/project.ts';
import type { Deployment } from '#lib/sluice-app.ts';
import {
  LOCAL_ENVIRONMENT,
  MARKET,
  marketDeployment,
  PROD_ENVIRONMENT,
} from '../deployment-fixture.ts';
import { withAssembly } from '../market-templates.ts';

function kafkaDeployment(environment: Environment, changes: Partial<Domain['kafka']> = {}) {
  const kafka = { ...environment.kafka, ...changes };
  const deployment = marketDeployment(environment, { domain: { ...MARKET, buffer: 'kafka' } });
  const domains = deployment.domains.map((part) => ({
    ...part,
    domain: { ...part.domain, kafka },
  }));
  const project = { ...deployment.project, domains: domains.map(({ domain }) => domain) };
  return { ...deployment, project, domains };
}

/** Templates by the end of their name: `kafka`, `market-ingestion`. */
function templatesOf(deployment: Deployment): ReadonlyMap<string, Template> {
  return withAssembly(deployment, (directory) => {
    const files = readdirSync(directory).filter((name) => name.endsWith('.template.json'));
    return new Map(
      files.map((name) => [
        name.replace(/^sluice-[a-z]+-/, '').replace('.template.json', ''),
        Template.fromJSON(JSON.parse(readFileSync(path.join(directory, name), 'utf8'))),
      ]),
    );
  });
}

function templateOf(templates: ReadonlyMap<string, Template>, name: string): Template {
  const template = templates.get(name);
  if (template === undefined) throw new Error(`no template ${name}: ${[...templates.keys()]}`);
  return template;
}

const prod = templatesOf(kafkaDeployment(PROD_ENVIRONMENT));
const local = templatesOf(kafkaDeployment(LOCAL_ENVIRONMENT));

describe('the Kafka cluster of an environment', () => {
  const cluster = templateOf(prod, 'kafka');

  it('speaks TLS only, knows its clients by IAM, and keeps records and logs under its own key', () => {
    cluster.hasResource('AWS::MSK::Cluster', {
      DeletionPolicy: 'Retain',
      Properties: {
        ClusterName: 'sluice-prod-kafka',
        NumberOfBrokerNodes: 3,
        ClientAuthentication: {
          Sasl: { Iam: { Enabled: true } },
          Unauthenticated: { Enabled: false },
        },
        EncryptionInfo: {
          EncryptionAtRest: { DataVolumeKMSKeyId: Match.anyValue() },
          EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true },
        },
        LoggingInfo: { BrokerLogs: { CloudWatchLogs: { Enabled: true } } },
        BrokerNodeGroupInfo: {
          InstanceType: 'kafka.m7g.large',
          StorageInfo: { EBSStorageInfo: { VolumeSize: 100 } },
        },
      },
    });
  });

  it('has private subnets, endpoints, and no way to the internet', () => {
    cluster.resourceCountIs('AWS::EC2::Subnet', 3);
    cluster.resourceCountIs('AWS::EC2::NatGateway', 0);
    cluster.resourceCountIs('AWS::EC2::InternetGateway', 0);
    cluster.resourceCountIs('AWS::EC2::VPCEndpoint', 4);
  });

  it('lets nobody create topics by naming them, and no copy that is behind take over', () => {
    cluster.hasResourceProperties('AWS::MSK::Configuration', {
      ServerProperties: Match.stringLikeRegexp(
        'auto.create.topics.enable=false(.|\n)*min.insync.replicas=2(.|\n)*unclean.leader.election.enable=false',
      ),
    });
  });

  it('is not made where every domain names one that exists', () => {
    expect(local.has('kafka')).toBe(false);
    const resources = JSON.stringify([...local.values()].map((template) => template.toJSON()));
    expect(resources).not.toContain('AWS::EC2::');
  });
});

describe('a domain on Kafka', () => {
  it('has topics whose records the broker stamps', () => {
    templateOf(prod, 'market-ingestion').hasResource('AWS::MSK::Topic', {
      DeletionPolicy: 'Retain',
      Properties: { TopicName: 'prod.market', PartitionCount: 6, ReplicationFactor: 3 },
    });
    const [topic] = Object.values(
      templateOf(prod, 'market-ingestion').findResources('AWS::MSK::Topic'),
    );
    const configs = Buffer.from(String(topic?.['Properties']?.Configs), 'base64').toString();
    expect(configs.split('\n')).toEqual([
      'cleanup.policy=delete',
      'max.message.bytes=1310720',
      'message.timestamp.type=LogAppendTime',
      'min.insync.replicas=2',
      'retention.ms=604800000',
    ]);
  });

  it('is read by pollers, in a consumer group of the function, and what is given up is kept', () => {
    templateOf(prod, 'market-processing').hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      Topics: ['prod.market'],
      StartingPosition: 'TRIM_HORIZON',
      ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 2 },
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 10,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
      MetricsConfig: { Metrics: ['EventCount', 'KafkaMetrics'] },
    });
  });

  it('is validated by the Glue registry only where that is asked for', () => {
    const environment: Environment = {
      ...LOCAL_ENVIRONMENT,
      schemaRegistry: { kind: 'glue', name: 'sluice-local' },
    };
    const processingOf = (changes: Partial<Domain['kafka']>) =>
      templateOf(templatesOf(kafkaDeployment(environment, changes)), 'market-processing');
    const config = (registry: unknown) => ({
      AmazonManagedKafkaEventSourceConfig: {
        ConsumerGroupId: Match.anyValue(),
        SchemaRegistryConfig: registry,
      },
    });
    const validated = processingOf({ validate: true });
    const arn = {
      'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':registry/sluice-local$')])],
    };
    validated.hasResourceProperties(
      'AWS::Lambda::EventSourceMapping',
      config({
        SchemaRegistryURI: arn,
        EventRecordFormat: 'SOURCE',
        SchemaValidationConfigs: [{ Attribute: 'VALUE' }],
      }),
    );
    const actions = JSON.stringify(validated.findResources('AWS::IAM::Role'));
    expect(actions).toContain('glue:GetRegistry');
    expect(actions).toContain('glue:GetSchemaVersion');
    const plain = processingOf({});
    plain.hasResourceProperties('AWS::Lambda::EventSourceMapping', config(Match.absent()));
    expect(JSON.stringify(plain.findResources('AWS::IAM::Role'))).not.toContain('glue:GetRegistry');
  });

  it('has nothing that needs pollers when it is read on demand', () => {
    const onDemand = templatesOf(kafkaDeployment(LOCAL_ENVIRONMENT, { pollers: null }));
    templateOf(onDemand, 'market-processing').hasResourceProperties(
      'AWS::Lambda::EventSourceMapping',
      {
        Topics: ['local.market'],
        ProvisionedPollerConfig: Match.absent(),
        BisectBatchOnFunctionError: Match.absent(),
        MaximumRetryAttempts: Match.absent(),
        MetricsConfig: Match.absent(),
      },
    );
  });

  it('gives its roles cluster, topic and group by name', () => {
    const roles = JSON.stringify(
      templateOf(local, 'market-processing').findResources('AWS::IAM::Role'),
    );
    const id = 'local/00000000-0000-0000-0000-000000000000-1';
    for (const resource of [
      `:cluster/${id}`,
      `:topic/${id}/local.market`,
      `:group/${id}/sluice-local-market-lake-writer`,
    ]) {
      expect(roles).toContain(`arn:aws:kafka:us-east-1:000000000000${resource}"`);
    }
    expect(roles).not.toContain('kafka:*');
    expect(roles).not.toContain('kinesis:');
  });

  it('tells functions where its topics are, and puts those that talk to brokers beside them', () => {
    const functions = Object.values(
      templateOf(prod, 'market-processing').findResources('AWS::Lambda::Function'),
    ).map(({ Properties }) => Properties);
    const byName = (end: string) =>
      functions.find(({ FunctionName }) => String(FunctionName).endsWith(end));
    expect(byName('ledger')?.Environment.Variables).toMatchObject({ KAFKA_GENERATION: '1' });
    expect(byName('ledger')?.VpcConfig).toBeDefined();
    expect(byName('lake-writer')?.VpcConfig).toBeUndefined();
  });

  it('is watched by records behind, since Lambda measures no age there', () => {
    const alarms = templateOf(prod, 'market-processing');
    alarms.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'OffsetLag',
      Threshold: 18_000,
    });
    expect(
      Object.keys(
        alarms.findResources('AWS::CloudWatch::Alarm', {
          Properties: { MetricName: 'IteratorAge' },
        }),
      ),
    ).toEqual([]);
  });
});
