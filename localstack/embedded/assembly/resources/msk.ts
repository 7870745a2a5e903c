import { z } from 'zod';
import { defineResourceType, type ResourceType } from '../resource-type.ts';

const CLUSTER_ARN = /^arn:aws:kafka:[^:]+:\d{12}:cluster\/([^/]+)\/([^/]+)$/;

const topic = z.strictObject({
  ClusterArn: z.string().regex(CLUSTER_ARN, { error: () => 'expected the ARN of an MSK cluster' }),
  TopicName: z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, {
    error: () => 'expected 1 to 249 letters, digits, dots, underscores and hyphens',
  }),
  PartitionCount: z.int().min(1),
  ReplicationFactor: z.int().min(1),
  /** Base64 of lines `name=value`. */
  Configs: z.base64().optional(),
});

/** Source: AWS CloudFormation, AWS::MSK::Topic, `Configs`: the content of a properties file in base64. */
function configsOf(base64: string | undefined): Readonly<Record<string, string>> {
  const lines = Buffer.from(base64 ?? '', 'base64')
    .toString('utf8')
    .split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [name = '', ...value] = line.split('=');
      return name.trim() === '' ? [] : [[name.trim(), value.join('=').trim()]];
    }),
  );
}

/** Clusters themselves are not emulated: a local environment names one that exists (kafka.cluster_arn). */
export const MSK_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::MSK::Topic': defineResourceType({
    properties: topic,
    identify({ ClusterArn, TopicName }) {
      const arn = ClusterArn.replace(':cluster/', ':topic/');
      return { ref: `${arn}/${TopicName}`, attributes: { TopicArn: `${arn}/${TopicName}` } };
    },
    async ensure(properties, { services }) {
      await services.kafka.ensureTopic({
        clusterArn: properties.ClusterArn,
        name: properties.TopicName,
        partitions: properties.PartitionCount,
        replication: properties.ReplicationFactor,
        configs: configsOf(properties.Configs),
      });
    },
  }),
};
