import { queueNameOf } from '#embedded/sqs/operations/request-members.ts';
import {
  arnOf,
  type CallInput,
  EVERYTHING,
  type JsonCallTable,
  type ServiceCall,
  textMember,
} from './service-call.ts';

const namedQueue = (input: CallInput): readonly string[] => [
  arnOf('sqs', textMember(input, 'QueueName')),
];
const queueOfUrl = (input: CallInput): readonly string[] => [
  arnOf('sqs', queueNameOf(textMember(input, 'QueueUrl'))),
];
const sourceQueue = (input: CallInput): readonly string[] => [textMember(input, 'SourceArn')];

/** Batches are the single operation to IAM. */
const single =
  (operation: string) =>
  (input: CallInput): readonly ServiceCall[] =>
    queueOfUrl(input).map((resource) => ({ action: `sqs:${operation}`, resource }));

/** By operation; batches need the permission of the single operation. Source: Service authorization reference, Amazon SQS. */
export const SQS_CALLS: JsonCallTable = {
  CreateQueue: namedQueue,
  GetQueueUrl: namedQueue,
  ListQueues: EVERYTHING,
  ListDeadLetterSourceQueues: queueOfUrl,
  GetQueueAttributes: queueOfUrl,
  SetQueueAttributes: queueOfUrl,
  SendMessage: queueOfUrl,
  SendMessageBatch: single('SendMessage'),
  ReceiveMessage: queueOfUrl,
  DeleteMessage: queueOfUrl,
  DeleteMessageBatch: single('DeleteMessage'),
  ChangeMessageVisibility: queueOfUrl,
  ChangeMessageVisibilityBatch: single('ChangeMessageVisibility'),
  PurgeQueue: queueOfUrl,
  DeleteQueue: queueOfUrl,
  TagQueue: queueOfUrl,
  UntagQueue: queueOfUrl,
  ListQueueTags: queueOfUrl,
  StartMessageMoveTask: sourceQueue,
  ListMessageMoveTasks: sourceQueue,
};
