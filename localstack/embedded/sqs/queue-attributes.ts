import { resourcePolicy } from '../assembly/resources/policy-document.ts';
import type { PolicyDocument } from '../services.ts';
import type { Queue } from './queue.ts';
import { queueNameOfArn } from './queue-arn.ts';
import { invalidAttributeName, invalidAttributeValue, SqsError } from './sqs-error.ts';

export type QueueAttributes = Readonly<Record<string, string>>;

/** 1 MiB since 2025. Source: Amazon SQS API reference, SetQueueAttributes. */
export const MAX_MESSAGE_BYTES = 1_048_576;

const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  DelaySeconds: [0, 900],
  MaximumMessageSize: [1024, MAX_MESSAGE_BYTES],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  VisibilityTimeout: [0, 43_200],
};
const DEFAULTS: QueueAttributes = {
  DelaySeconds: '0',
  MaximumMessageSize: String(MAX_MESSAGE_BYTES),
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  VisibilityTimeout: '30',
  SqsManagedSseEnabled: 'true',
};
const FIFO_DEFAULTS: QueueAttributes = {
  FifoQueue: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
};
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  SqsManagedSseEnabled: ['true', 'false'],
  ContentBasedDeduplication: ['true', 'false'],
  DeduplicationScope: ['queue', 'messageGroup'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
};
const FIFO_ONLY = Object.keys(FIFO_DEFAULTS);
/** Nothing is encrypted here, and nobody asks the key. */
const NOT_EMULATED = ['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds'];
/** Setting one of these to nothing takes it away. */
const REMOVABLE = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy'];

/** Attributes of a new queue. Throws InvalidAttributeName or InvalidAttributeValue. */
export function newQueueAttributes(name: string, given: QueueAttributes): QueueAttributes {
  const isFifo = given['FifoQueue'] !== undefined;
  if (isFifo && given['FifoQueue'] !== 'true') throw invalidAttributeValue('FifoQueue');
  if (isFifo !== name.endsWith('.fifo')) {
    throw new SqsError(
      'InvalidParameterValueException',
      isFifo
        ? 'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length'
        : 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
      'InvalidParameterValue',
    );
  }
  const defaults = isFifo ? { ...DEFAULTS, ...FIFO_DEFAULTS } : DEFAULTS;
  const { FifoQueue: _, ...settable } = given;
  return changedAttributes({ name, attributes: defaults }, settable);
}

/** Attributes after a change. Throws InvalidAttributeName or InvalidAttributeValue. */
export function changedAttributes(
  queue: { readonly name: string; readonly attributes: QueueAttributes },
  changes: QueueAttributes,
): QueueAttributes {
  const isFifo = queue.attributes['FifoQueue'] === 'true';
  const next: Record<string, string> = { ...queue.attributes };
  for (const [name, value] of Object.entries(changes)) {
    checkAttribute(name, value, { isFifo, queueName: queue.name });
    if (value === '' && REMOVABLE.includes(name)) delete next[name];
    else next[name] = normalized(name, value);
  }
  const perGroup = next['FifoThroughputLimit'] === 'perMessageGroupId';
  if (perGroup && next['DeduplicationScope'] !== 'messageGroup') {
    throw invalidAttributeValue(
      'FifoThroughputLimit',
      'perMessageGroupId is only allowed when DeduplicationScope is messageGroup',
    );
  }
  return next;
}

function checkAttribute(
  name: string,
  value: string,
  context: { readonly isFifo: boolean; readonly queueName: string },
): void {
  if (NOT_EMULATED.includes(name)) {
    throw invalidAttributeValue(name, 'the local cloud does not encrypt queues; leave it out');
  }
  if (FIFO_ONLY.includes(name) && (!context.isFifo || name === 'FifoQueue')) {
    throw invalidAttributeName(name);
  }
  const range = Object.hasOwn(RANGES, name) ? RANGES[name] : undefined;
  if (range !== undefined) {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= range[0] && number <= range[1])) throw invalidAttributeValue(name);
    return;
  }
  if (Object.hasOwn(CHOICES, name)) {
    if (CHOICES[name]?.includes(value) !== true) throw invalidAttributeValue(name);
    return;
  }
  if (!REMOVABLE.includes(name)) throw invalidAttributeName(name);
  if (value === '') return;
  if (name === 'Policy') readPolicy(value);
  if (name === 'RedrivePolicy') requireRedrivePolicy(value, context);
  if (name === 'RedriveAllowPolicy') requireRedriveAllowPolicy(value);
}

/** maxReceiveCount may come as a number or as text; it is kept as a number. */
function normalized(name: string, value: string): string {
  if (name !== 'RedrivePolicy') return value;
  const policy = JSON.parse(value);
  return JSON.stringify({ ...policy, maxReceiveCount: Number(policy.maxReceiveCount) });
}

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/** Null when failed messages stay in the queue. */
export function redrivePolicyOf(queue: Queue): RedrivePolicy | null {
  const text = queue.settings.attributes['RedrivePolicy'];
  return text === undefined ? null : (JSON.parse(text) as RedrivePolicy);
}

function requireRedrivePolicy(
  value: string,
  { isFifo, queueName }: { readonly isFifo: boolean; readonly queueName: string },
): void {
  const policy = parseJsonObject('RedrivePolicy', value);
  const { deadLetterTargetArn, maxReceiveCount, ...unknown } = policy;
  const targetName =
    typeof deadLetterTargetArn === 'string' ? queueNameOfArn(deadLetterTargetArn) : null;
  const count = Number(maxReceiveCount);
  if (
    Object.keys(unknown).length > 0 ||
    !(Number.isInteger(count) && count >= 1 && count <= 1000)
  ) {
    throw invalidAttributeValue(
      'RedrivePolicy',
      'expected deadLetterTargetArn and maxReceiveCount from 1 to 1000',
    );
  }
  if (targetName === null || targetName === queueName) {
    throw invalidAttributeValue(
      'RedrivePolicy',
      'deadLetterTargetArn names no other queue of this account',
    );
  }
  if (targetName.endsWith('.fifo') !== isFifo) {
    throw invalidAttributeValue(
      'RedrivePolicy',
      'the dead-letter queue must be of the same type as the queue',
    );
  }
}

function requireRedriveAllowPolicy(value: string): void {
  const { redrivePermission, sourceQueueArns } = parseJsonObject('RedriveAllowPolicy', value);
  const byQueue = redrivePermission === 'byQueue';
  const hasList =
    Array.isArray(sourceQueueArns) && sourceQueueArns.length >= 1 && sourceQueueArns.length <= 10;
  const isKnown = byQueue || redrivePermission === 'allowAll' || redrivePermission === 'denyAll';
  if (!isKnown || (byQueue ? !hasList : sourceQueueArns !== undefined)) {
    throw invalidAttributeValue('RedriveAllowPolicy');
  }
}

/** Whether a dead-letter queue takes messages of another queue. */
export function allowsRedriveFrom(deadLetterQueue: Queue, sourceArn: string): boolean {
  const text = deadLetterQueue.settings.attributes['RedriveAllowPolicy'];
  if (text === undefined) return true;
  const { redrivePermission, sourceQueueArns } = JSON.parse(text) as {
    readonly redrivePermission: string;
    readonly sourceQueueArns?: readonly string[];
  };
  if (redrivePermission === 'byQueue') return sourceQueueArns?.includes(sourceArn) === true;
  return redrivePermission === 'allowAll';
}

/** Throws InvalidAttributeValue for a policy that the local cloud cannot evaluate. */
export function readPolicy(text: string): PolicyDocument {
  const parsed = resourcePolicy.safeParse(parseJsonObject('Policy', text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidAttributeValue('Policy', `${issue?.path.join('.')}: ${issue?.message}`);
}

function parseJsonObject(name: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidAttributeValue(name, 'expected JSON');
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw invalidAttributeValue(name, 'expected a JSON object');
}
