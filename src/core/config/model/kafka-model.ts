import { z } from 'zod';
import { sizeBytes } from './quantity.ts';

/** Source: Amazon MSK, ARNs of clusters: a name, and an id that ends with `-s1` for a serverless one. */
const CLUSTER_ARN =
  /^arn:aws[a-z-]*:kafka:[a-z0-9-]+:\d{12}:cluster\/[A-Za-z0-9-]{1,64}\/[0-9a-f-]{36}-s?\d+$/;

/** Event pollers of a mapping in provisioned mode. Source: Lambda API, ProvisionedPollerConfig. */
const pollersModel = z.union(
  [
    z.literal('none'),
    z.strictObject({
      min: z.number().int().min(1).max(200).describe('always there, billed by the hour'),
      max: z.number().int().min(1).max(2_000).describe('when the topic falls behind'),
    }),
  ],
  { error: () => 'expected none, or pollers such as { min: 1, max: 2 }' },
);

const idsOf = (prefix: string, name: string) =>
  z
    .array(
      z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), {
        error: () => `expected the id of a ${name} such as ${prefix}-0123456789abcdef0`,
      }),
    )
    .min(1);

/** `kafka:`, what a domain's topics and their reader have; it matters where `buffer: kafka`. */
export const kafkaModel = z.strictObject({
  cluster_arn: z
    .string()
    .regex(CLUSTER_ARN, {
      error: () =>
        'expected the ARN of an MSK cluster, arn:aws:kafka:<region>:<account>:cluster/<name>/<id>',
    })
    .nullable()
    .optional()
    .describe('a cluster that exists; left out: the one that is made of kafka_cluster'),
  network: z
    .strictObject({
      subnets: idsOf('subnet', 'subnet').describe('from which the brokers are reached'),
      security_groups: idsOf('sg', 'security group').describe('that the brokers let in'),
    })
    .nullable()
    .optional()
    .describe('where functions reach the brokers of cluster_arn'),
  partitions: z.number().int().min(1).max(1_000).describe('of each topic; it can only grow'),
  replication: z.number().int().min(1).max(5).describe('copies of each partition'),
  min_insync: z.number().int().min(1).max(5).describe('copies a write is acknowledged by'),
  pollers: pollersModel.describe(
    'Lambda pollers that read each topic, billed by the hour; none: on demand, without schema registry, bisecting and partial batches',
  ),
  validate: z
    .boolean()
    .optional()
    .describe(
      'with pollers and schema_registry glue: Lambda asks the registry about each record; what it does not know goes to the failure destination and not into the table rejected',
    ),
  generation: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .describe('raised by one after a topic was deleted and created again'),
});

/** `kafka_cluster:`, the one cluster of an environment for domains that name no other. */
export const kafkaClusterModel = z.strictObject({
  version: z
    .string()
    .regex(/^\d+\.\d+\.(\d+|x)(\.kraft)?$/, {
      error: () => 'expected a version that MSK has, for instance 3.9.x',
    })
    .describe('of Kafka, as MSK names it'),
  broker: z
    .string()
    .regex(/^(kafka|express)\.[a-z0-9]+\.[a-z0-9]+$/, {
      error: () => 'expected a broker type of MSK, for instance kafka.m7g.large',
    })
    .describe('an hour of each broker is billed'),
  zones: z.number().int().min(2).max(3).describe('availability zones, with one broker each'),
  storage: sizeBytes({ min: '1GB', max: '16384GB' })
    .refine((bytes) => bytes % 1_000_000_000 === 0, {
      error: () => 'expected whole GB, for instance 100GB',
    })
    .describe('of each broker; express brokers have no limit and ignore it'),
  vpc: z
    .strictObject({
      id: z
        .string()
        .regex(/^vpc-[0-9a-f]{8,17}$/, {
          error: () => 'expected the id of a VPC such as vpc-0123456789abcdef0',
        })
        .describe('a VPC that exists'),
      subnets: idsOf('subnet', 'subnet').describe('private ones, one per zone'),
    })
    .nullable()
    .optional()
    .describe('left out: a VPC of its own, without a way to the internet'),
});

export type KafkaInput = z.output<typeof kafkaModel>;
export type KafkaClusterInput = z.output<typeof kafkaClusterModel>;
