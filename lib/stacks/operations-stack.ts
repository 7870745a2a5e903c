import { Aws, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Environment } from '#core/config/project.ts';
import { type NameScope, physicalName } from '../names.ts';

export interface OperationsStackProps extends StackProps {
  readonly names: NameScope;
  readonly environment: Pick<Environment, 'alarms'>;
}

/** Shortest time in which a deleted key can be brought back. Source: AWS KMS, ScheduleKeyDeletion. */
const KEY_DELETION_DAYS = 7;

/** Stateless: the topic that every alarm of the environment tells, and the key that encrypts it. */
export class OperationsStack extends Stack {
  readonly alarmTopic: sns.Topic;

  constructor(scope: Construct, id: string, props: OperationsStackProps) {
    super(scope, id, props);
    const name = physicalName(props.names, 'alarms');
    this.alarmTopic = new sns.Topic(this, 'AlarmTopic', {
      topicName: name,
      masterKey: this.createKey(name),
      enforceSSL: true,
    });
    this.alarmTopic.addToResourcePolicy(fromCloudWatch(['sns:Publish'], this.alarmTopic.topicArn));
    for (const address of props.environment.alarms.email) {
      this.alarmTopic.addSubscription(new EmailSubscription(address));
    }
    new CfnOutput(this, 'AlarmTopicArn', { value: this.alarmTopic.topicArn });
  }

  /**
   * A key of our own: the policy of the free `aws/sns` key keeps CloudWatch out, so that alarms would go nowhere, silently.
   * It only ever encrypts notifications under way, so it may go with its stack.
   */
  private createKey(name: string): kms.Key {
    const key = new kms.Key(this, 'AlarmKey', {
      alias: name,
      description: 'Encrypts notifications of alarms under way',
      enableKeyRotation: true,
      pendingWindow: Duration.days(KEY_DELETION_DAYS),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    key.addToResourcePolicy(fromCloudWatch(['kms:Decrypt', 'kms:GenerateDataKey*'], '*'));
    return key;
  }
}

/** CloudWatch, acting for alarms of this account. */
function fromCloudWatch(actions: string[], resource: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
    actions,
    resources: [resource],
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  });
}
