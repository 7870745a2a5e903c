import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import * as msk from 'aws-cdk-lib/aws-msk';
import type { Construct } from 'constructs';
import type { Environment } from '#core/config/project.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';

/**
 * Brokers, one per zone, that speak TLS only, know their clients by IAM, and keep everything under a key of ours. Topics
 * come from templates alone, and a copy that is behind never becomes the one that counts.
 */
export function createKafkaCluster(
  scope: Construct,
  props: {
    readonly name: string;
    readonly environment: Environment;
    readonly subnetIds: readonly string[];
    readonly securityGroup: ISecurityGroup;
    readonly key: IKey;
    readonly logGroup: ILogGroup;
  },
): msk.CfnCluster {
  const { name, environment, subnetIds } = props;
  const settings = environment.kafkaCluster;
  const configuration = new msk.CfnConfiguration(scope, 'Configuration', {
    name,
    kafkaVersionsList: [settings.version],
    serverProperties: serverProperties(environment),
  });
  const isExpress = settings.broker.startsWith('express.');
  const cluster = new msk.CfnCluster(scope, 'Cluster', {
    clusterName: name,
    kafkaVersion: settings.version,
    numberOfBrokerNodes: subnetIds.length,
    brokerNodeGroupInfo: {
      instanceType: settings.broker,
      clientSubnets: [...subnetIds],
      securityGroups: [props.securityGroup.securityGroupId],
      ...(isExpress ? {} : { storageInfo: { ebsStorageInfo: { volumeSize: settings.storageGb } } }),
    },
    configurationInfo: {
      arn: configuration.attrArn,
      revision: configuration.attrLatestRevisionRevision,
    },
    clientAuthentication: {
      sasl: { iam: { enabled: true } },
      unauthenticated: { enabled: false },
    },
    encryptionInfo: {
      encryptionAtRest: { dataVolumeKmsKeyId: props.key.keyArn },
      encryptionInTransit: { clientBroker: 'TLS', inCluster: true },
    },
    enhancedMonitoring: 'PER_TOPIC_PER_BROKER',
    loggingInfo: {
      brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: props.logGroup.logGroupName } },
    },
  });
  cluster.applyRemovalPolicy(dataRemovalPolicy(environment));
  return cluster;
}

/** Source: Amazon MSK developer guide, "Custom MSK configurations". */
function serverProperties({ kafka }: Environment): string {
  const properties = {
    'auto.create.topics.enable': false,
    'default.replication.factor': kafka.replication,
    'min.insync.replicas': kafka.minInSync,
    'log.message.timestamp.type': 'LogAppendTime',
    'unclean.leader.election.enable': false,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
