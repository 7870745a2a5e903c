import { z } from 'zod';
import { LOCAL_ACCOUNT } from '../../services.ts';
import { newQueueAttributes } from '../../sqs/queue-attributes.ts';
import { localArn } from '../local-arn.ts';
import { defineResourceType, type PropertyProblem, type ResourceType } from '../resource-type.ts';
import { resourcePolicy } from './policy-document.ts';
import { tags } from './tags.ts';

const QUEUE_URL = /\/\d{12}\/([\w-]+(?:\.fifo)?)$/;

/** Encryption with keys of one's own is refused: nobody here would ask the key. Source: AWS CloudFormation, AWS::SQS::Queue. */
const queue = z.strictObject({
  QueueName: z
    .string()
    .regex(/^[\w-]{1,80}$|^[\w-]{1,75}\.fifo$/, {
      error: () =>
        'expected up to 80 letters, digits, - and _, with .fifo at the end of a FIFO queue',
    })
    .optional(),
  FifoQueue: z.literal(true).optional(),
  ContentBasedDeduplication: z.boolean().optional(),
  DeduplicationScope: z.enum(['queue', 'messageGroup']).optional(),
  FifoThroughputLimit: z.enum(['perQueue', 'perMessageGroupId']).optional(),
  DelaySeconds: z.int().min(0).max(900).optional(),
  MaximumMessageSize: z.int().min(1024).max(1_048_576).optional(),
  MessageRetentionPeriod: z.int().min(60).max(1_209_600).optional(),
  ReceiveMessageWaitTimeSeconds: z.int().min(0).max(20).optional(),
  VisibilityTimeout: z.int().min(0).max(43_200).optional(),
  SqsManagedSseEnabled: z.boolean().optional(),
  RedrivePolicy: z
    .strictObject({
      deadLetterTargetArn: z.string(),
      maxReceiveCount: z.union([z.int(), z.string().regex(/^\d+$/)]),
    })
    .optional(),
  RedriveAllowPolicy: z
    .strictObject({
      redrivePermission: z.enum(['allowAll', 'denyAll', 'byQueue']),
      sourceQueueArns: z.array(z.string()).min(1).max(10).optional(),
    })
    .optional(),
  Tags: tags,
});
type Queue = z.infer<typeof queue>;

/** As SetQueueAttributes takes them: all of them texts. */
function attributesOf(properties: Queue): Readonly<Record<string, string>> {
  const { QueueName: _name, Tags: _tags, ...given } = properties;
  return Object.fromEntries(
    Object.entries(given)
      .filter((entry) => entry[1] !== undefined)
      .map(([name, value]) => [
        name,
        typeof value === 'object' ? JSON.stringify(value) : String(value),
      ]),
  );
}

function nameOf(properties: Queue, generatedName: string): string {
  if (properties.QueueName !== undefined) return properties.QueueName;
  return properties.FifoQueue === true ? `${generatedName.slice(0, 75)}.fifo` : generatedName;
}

function checkQueue(properties: Queue, generatedName: string): PropertyProblem[] {
  try {
    newQueueAttributes(nameOf(properties, generatedName), attributesOf(properties));
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ about: 'value', path: [], message }];
  }
}

export const SQS_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::SQS::Queue': defineResourceType({
    properties: queue,
    identify(properties, place) {
      const QueueName = nameOf(properties, place.generatedName);
      const QueueUrl = `${place.endpoint}/${LOCAL_ACCOUNT}/${QueueName}`;
      const Arn = localArn('sqs', QueueName);
      return { ref: QueueUrl, attributes: { Arn, QueueName, QueueUrl } };
    },
    check: (properties, place) => checkQueue(properties, place.generatedName),
    ensure: (properties, { services, identity }) =>
      services.sqs.ensureQueue({
        name: identity.attributes['QueueName'] ?? '',
        attributes: attributesOf(properties),
      }),
  }),
  'AWS::SQS::QueuePolicy': defineResourceType({
    properties: z.strictObject({
      PolicyDocument: resourcePolicy,
      Queues: z
        .array(z.string().regex(QUEUE_URL, { error: () => 'expected the URL of a queue' }))
        .min(1),
    }),
    identify: (_properties, place) => ({ ref: place.generatedName, attributes: {} }),
    ensure({ PolicyDocument, Queues }, { services }) {
      for (const url of Queues) {
        services.sqs.setPolicy(localArn('sqs', QUEUE_URL.exec(url)?.[1] ?? ''), PolicyDocument);
      }
    },
  }),
};
