import { Aws, CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Environment } from '#core/config/project.ts';
import { createKafkaCluster } from '../constructs/kafka-cluster.ts';
import { createKafkaNetwork } from '../constructs/kafka-network.ts';
import { type NameScope, physicalName } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';
import type { KafkaNetwork } from '../topic-scope.ts';

export interface KafkaStackProps extends StackProps {
  readonly names: NameScope;
  readonly environment: Environment;
}

const KEY_DELETION_DAYS = 30;

/** Stateful: the Kafka cluster of an environment, for its domains that name no other, and the network it is in. */
export class KafkaStack extends Stack {
  readonly clusterArn: string;
  /** Where functions reach it. */
  readonly network: KafkaNetwork;

  constructor(scope: Construct, id: string, props: KafkaStackProps) {
    super(scope, id, props);
    const { environment } = props;
    const name = physicalName(props.names, 'kafka');
    const key = new kms.Key(this, 'Key', {
      alias: name,
      description: 'Encrypts the records and the logs of the Kafka cluster',
      enableKeyRotation: true,
      pendingWindow: Duration.days(KEY_DELETION_DAYS),
      removalPolicy: dataRemovalPolicy(environment),
    });
    key.addToResourcePolicy(logsMayUse(`/sluice/${name}`));
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/sluice/${name}`,
      retention: environment.logRetentionDays,
      encryptionKey: key,
      removalPolicy: dataRemovalPolicy(environment),
    });
    const { subnetIds, brokers, clients } = createKafkaNetwork(this, {
      settings: environment.kafkaCluster,
      logGroup,
    });
    this.network = { subnetIds, securityGroupIds: [clients.securityGroupId] };
    const cluster = createKafkaCluster(this, {
      name,
      environment,
      subnetIds,
      securityGroup: brokers,
      key,
      logGroup,
    });
    this.clusterArn = cluster.attrArn;
    new CfnOutput(this, 'KafkaClusterArn', { value: this.clusterArn });
  }
}

/** Source: CloudWatch Logs, "Encrypt log data using AWS KMS". */
function logsMayUse(logGroupName: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
    actions: [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey*',
      'kms:ReEncrypt*',
    ],
    resources: ['*'],
    conditions: {
      ArnEquals: {
        'kms:EncryptionContext:aws:logs:arn': `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${logGroupName}`,
      },
    },
  });
}
