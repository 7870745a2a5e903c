import * as msk from 'aws-cdk-lib/aws-msk';
import type { Construct } from 'constructs';
import type { DomainSettings } from '#core/config/project.ts';

/** Room for the largest event a producer sends, a MiB with its key, in a batch of its own. */
const MAX_MESSAGE_BYTES = 1_310_720;

/**
 * A topic whose records are stamped by the broker, so that arrival times do not depend on producers' clocks, and which a
 * write is in once the copies that must be in sync have it.
 */
export function createKafkaTopic(
  scope: Construct,
  props: {
    readonly clusterArn: string;
    readonly topicName: string;
    readonly settings: DomainSettings;
  },
): msk.CfnTopic {
  const { kafka, stream } = props.settings;
  const configs = {
    'cleanup.policy': 'delete',
    'max.message.bytes': MAX_MESSAGE_BYTES,
    'message.timestamp.type': 'LogAppendTime',
    'min.insync.replicas': kafka.minInSync,
    'retention.ms': stream.retentionHours * 3_600_000,
  };
  const lines = Object.entries(configs).map(([name, value]) => `${name}=${value}`);
  return new msk.CfnTopic(scope, 'KafkaTopic', {
    clusterArn: props.clusterArn,
    topicName: props.topicName,
    partitionCount: kafka.partitions,
    replicationFactor: kafka.replication,
    configs: Buffer.from(lines.join('\n')).toString('base64'),
  });
}
