import type { PolicyDocument } from '#embedded/services.ts';
import type { Queue } from '../queue.ts';
import { queueArn, queueNameOfArn } from '../queue-arn.ts';
import {
  changedAttributes,
  newQueueAttributes,
  type QueueAttributes,
  readPolicy,
} from '../queue-attributes.ts';
import type { QueueStore } from '../queue-store.ts';
import { invalidAttributeName, invalidParameter, prefixedError, SqsError } from '../sqs-error.ts';
import {
  type Input,
  optionalInteger,
  optionalText,
  optionalTexts,
  requireQueue,
  requireText,
  textMap,
} from './request-members.ts';

const QUEUE_NAME = /^[\w-]{1,80}$|^[\w-]{1,75}\.fifo$/;
const MAX_PAGE = 1000;
const PURGE_INTERVAL_MS = 60_000;
const MAX_TAGS = 50;

export interface QueueContext {
  readonly store: QueueStore;
  /** Tells IAM what a queue's policy says now; null when it has none. */
  readonly onPolicy: (queueArn: string, policy: PolicyDocument | null) => void;
  /** When each queue was purged last. */
  readonly purgedMs: Map<string, number>;
}

/** Operations on queues; `baseUrl` is the address the client knows us by. Source: Amazon SQS API reference. */
export function queueOperations(
  context: QueueContext,
  baseUrl: string,
): Readonly<Record<string, (input: Input) => unknown>> {
  const { store } = context;
  const urlOf = (name: string): string => `${baseUrl}/${name}`;
  return {
    CreateQueue: (input) => ({ QueueUrl: urlOf(createQueue(context, input)) }),
    GetQueueUrl: (input) => {
      const { name } = store.require(requireText(input, 'QueueName')).settings;
      return { QueueUrl: urlOf(name) };
    },
    ListQueues: (input) => {
      const prefix = optionalText(input, 'QueueNamePrefix') ?? '';
      const names = store.queues().map(({ settings }) => settings.name);
      const { page, next } = pageOf(
        names.filter((name) => name.startsWith(prefix)),
        input,
      );
      return { QueueUrls: page.map(urlOf), ...next };
    },
    ListDeadLetterSourceQueues: (input) => {
      const arn = queueArn(requireQueue(store, input).settings.name);
      const sources = store.queues().filter(({ settings }) => {
        const policy = settings.attributes['RedrivePolicy'];
        return policy !== undefined && JSON.parse(policy).deadLetterTargetArn === arn;
      });
      const { page, next } = pageOf(
        sources.map(({ settings }) => settings.name),
        input,
      );
      return { queueUrls: page.map(urlOf), ...next };
    },
    GetQueueAttributes: (input) => getAttributes(store, input),
    SetQueueAttributes: (input) => {
      const queue = requireQueue(store, input);
      changeAttributes(context, queue, textMap(input, 'Attributes'));
    },
    PurgeQueue: (input) => purge(context, requireQueue(store, input)),
    DeleteQueue: (input) => deleteQueue(context, requireQueue(store, input)),
    TagQueue: (input) => {
      const { settings } = requireQueue(store, input);
      setTags(store, settings, { ...settings.tags, ...textMap(input, 'Tags') });
    },
    UntagQueue: (input) => {
      const { settings } = requireQueue(store, input);
      const removed = optionalTexts(input, 'TagKeys');
      const kept = Object.entries(settings.tags).filter(([key]) => !removed.includes(key));
      setTags(store, settings, Object.fromEntries(kept));
    },
    ListQueueTags: (input) => {
      const { tags } = requireQueue(store, input).settings;
      return Object.keys(tags).length === 0 ? {} : { Tags: tags };
    },
  };
}

function createQueue(context: QueueContext, input: Input): string {
  const { store } = context;
  const name = requireText(input, 'QueueName');
  const attributes = textMap(input, 'Attributes');
  const existing = store.find(name);
  if (existing === undefined) {
    makeQueue(context, { name, attributes, tags: textMap(input, 'tags') });
    return name;
  }
  const wanted = newQueueAttributes(name, attributes);
  for (const attribute of Object.keys(attributes)) {
    if (existing.settings.attributes[attribute] === wanted[attribute]) continue;
    throw new SqsError(
      'QueueNameExists',
      `A queue already exists with the same name and a different value for attribute ${attribute}`,
      'QueueAlreadyExists',
    );
  }
  return name;
}

export function makeQueue(
  context: QueueContext,
  queue: {
    readonly name: string;
    readonly attributes: QueueAttributes;
    readonly tags: Readonly<Record<string, string>>;
  },
): void {
  const { name, tags } = queue;
  if (!QUEUE_NAME.test(name)) {
    throw invalidParameter(
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    );
  }
  checkTags(tags);
  const attributes = newQueueAttributes(name, queue.attributes);
  requireDeadLetterQueue(context.store, attributes);
  const now = context.store.nowMs();
  context.store.commit([
    { type: 'queue', name, createdMs: now, modifiedMs: now, attributes, tags },
  ]);
  tellPolicy(context, name);
}

export function changeAttributes(
  context: QueueContext,
  queue: Queue,
  changes: QueueAttributes,
): void {
  const { fifo: _, ...settings } = queue.settings;
  const attributes = changedAttributes(settings, changes);
  if (changes['RedrivePolicy'] !== undefined) requireDeadLetterQueue(context.store, attributes);
  const modifiedMs = context.store.nowMs();
  context.store.commit([{ type: 'queue', ...settings, attributes, modifiedMs }]);
  tellPolicy(context, settings.name);
}

/** Tells IAM what the queue's policy says. */
export function tellPolicy({ store, onPolicy }: QueueContext, name: string): void {
  const text = store.find(name)?.settings.attributes['Policy'];
  onPolicy(queueArn(name), text === undefined ? null : readPolicy(text));
}

function requireDeadLetterQueue(store: QueueStore, attributes: QueueAttributes): void {
  const policy = attributes['RedrivePolicy'];
  if (policy === undefined) return;
  const { deadLetterTargetArn } = JSON.parse(policy);
  if (store.find(queueNameOfArn(deadLetterTargetArn) ?? '') !== undefined) return;
  throw invalidParameter(
    `Value ${policy} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`,
  );
}

function purge({ store, purgedMs }: QueueContext, { settings }: Queue): void {
  const now = store.nowMs();
  if (now - (purgedMs.get(settings.name) ?? Number.NEGATIVE_INFINITY) < PURGE_INTERVAL_MS) {
    throw prefixedError(
      'PurgeQueueInProgress',
      `Only one PurgeQueue operation on ${settings.name} is allowed every 60 seconds.`,
    );
  }
  store.commit([{ type: 'queue-purged', name: settings.name }]);
  purgedMs.set(settings.name, now);
}

function deleteQueue({ store, onPolicy, purgedMs }: QueueContext, queue: Queue): void {
  const { name } = queue.settings;
  store.commit([{ type: 'queue-deleted', name }]);
  purgedMs.delete(name);
  onPolicy(queueArn(name), null);
  // Who waits for messages learns that the queue is gone.
  queue.wake();
}

function setTags(
  store: QueueStore,
  settings: Queue['settings'],
  tags: Readonly<Record<string, string>>,
): void {
  checkTags(tags);
  const { fifo: _, ...kept } = settings;
  store.commit([{ type: 'queue', ...kept, tags }]);
}

function checkTags(tags: Readonly<Record<string, string>>): void {
  const count = Object.keys(tags).length;
  if (count > MAX_TAGS)
    throw invalidParameter(`Too many tags added for queue, ${count} of at most ${MAX_TAGS}.`);
}

const COUNTS: Readonly<Record<string, (queue: Queue) => number>> = {
  ApproximateNumberOfMessages: (queue) => queue.visibleCount,
  ApproximateNumberOfMessagesNotVisible: (queue) => queue.inFlightCount,
  ApproximateNumberOfMessagesDelayed: (queue) => queue.waitingCount,
};
const OPTIONAL = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy'];

function getAttributes(store: QueueStore, input: Input): unknown {
  const queue = requireQueue(store, input);
  const names = optionalTexts(input, 'AttributeNames');
  store.expire(queue);
  queue.showDue(store.nowMs());
  const { attributes, name, createdMs, modifiedMs } = queue.settings;
  const all: Readonly<Record<string, string>> = {
    ...attributes,
    ...Object.fromEntries(
      Object.entries(COUNTS).map(([key, count]) => [key, String(count(queue))]),
    ),
    QueueArn: queueArn(name),
    CreatedTimestamp: String(Math.floor(createdMs / 1000)),
    LastModifiedTimestamp: String(Math.floor(modifiedMs / 1000)),
  };
  for (const wanted of names) {
    const isKnown = wanted === 'All' || Object.hasOwn(all, wanted) || KNOWN.includes(wanted);
    if (!isKnown) throw invalidAttributeName(wanted);
  }
  const chosen = names.includes('All')
    ? all
    : Object.fromEntries(Object.entries(all).filter(([key]) => names.includes(key)));
  return Object.keys(chosen).length === 0 ? {} : { Attributes: chosen };
}

/** Attributes that not every queue has. */
const KNOWN = [
  ...OPTIONAL,
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
];

/** A token is the name of the last entry before the page. */
function pageOf(
  names: readonly string[],
  input: Input,
): { readonly page: readonly string[]; readonly next: { readonly NextToken?: string } } {
  const limit = optionalInteger(input, 'MaxResults', { min: 1, max: MAX_PAGE });
  const token = optionalText(input, 'NextToken');
  const after = token === undefined ? '' : Buffer.from(token, 'base64').toString('utf8');
  const rest = [...names].sort().filter((name) => name > after);
  const page = rest.slice(0, limit ?? MAX_PAGE);
  const last = page.at(-1);
  // Without MaxResults there is no token, whatever is left out.
  const hasNext = limit !== undefined && last !== undefined && page.length < rest.length;
  return { page, next: hasNext ? { NextToken: Buffer.from(last).toString('base64') } : {} };
}
