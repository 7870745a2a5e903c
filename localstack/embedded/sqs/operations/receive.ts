import { LOCAL_ACCOUNT } from '#embedded/services.ts';
import { md5Of } from '../message-digest.ts';
import type { Message, Queue } from '../queue.ts';
import { queueArn, queueNameOfArn } from '../queue-arn.ts';
import { allowsRedriveFrom, redrivePolicyOf } from '../queue-attributes.ts';
import type { MessageAttribute, MessageRecord, QueueRecord } from '../queue-record.ts';
import type { QueueStore } from '../queue-store.ts';
import { prefixedError } from '../sqs-error.ts';
import { receiptHandle } from './receipt-handle.ts';
import { sequenceNumberOf } from './send-operations.ts';

/** Source: Amazon SQS developer guide, "Amazon SQS message quotas". */
const MAX_IN_FLIGHT = 120_000;
const MS_PER_SECOND = 1000;

type SystemAttributes = Readonly<Record<string, string>>;

/** A message as it was received, whole. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly system: SystemAttributes;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
}

export interface ReceiveOptions {
  readonly limit: number;
  /** @default the queue's */
  readonly visibilityMs?: number;
  /** An event source mapping receives. @default false */
  readonly byMapping?: boolean;
}

/** Takes what may be received now. Messages that were received too often go to the dead-letter queue instead. */
export function receive(
  store: QueueStore,
  queue: Queue,
  options: ReceiveOptions,
): readonly ReceivedMessage[] {
  const now = store.nowMs();
  store.expire(queue);
  queue.showDue(now);
  const room = MAX_IN_FLIGHT - queue.inFlightCount;
  if (room <= 0)
    throw prefixedError('OverLimit', `Too many messages in flight, at most ${MAX_IN_FLIGHT}.`);
  for (;;) {
    const candidates = queue.next(Math.min(options.limit, room));
    const judged = judge(store, queue, candidates);
    for (const message of judged.expired) store.drop(queue, message);
    if (judged.moves.length > 0) store.commit(judged.moves);
    const isStale = judged.expired.length + judged.moves.length > 0;
    if (judged.fit.length === 0 && isStale) continue;
    return take(store, queue, { messages: judged.fit, now, ...options });
  }
}

function take(
  store: QueueStore,
  queue: Queue,
  options: ReceiveOptions & { readonly messages: readonly Message[]; readonly now: number },
): readonly ReceivedMessage[] {
  const { messages, now } = options;
  if (messages.length === 0) return [];
  const { VisibilityTimeout } = queue.settings.attributes;
  const visibilityMs = options.visibilityMs ?? Number(VisibilityTimeout) * MS_PER_SECOND;
  const sequences = messages.map(({ sequence }) => sequence);
  const records = messages.map((message) => store.read(message));
  const holder = options.byMapping === true ? { byMapping: true } : {};
  const visibleMs = now + visibilityMs;
  store.commit([{ type: 'received', atMs: now, visibleMs, sequences, ...holder }]);
  const received = messages.map((message, index) => whole(queue, message, records[index]));
  queue.showDue(now);
  return received;
}

interface Judgement {
  readonly fit: readonly Message[];
  readonly expired: readonly Message[];
  readonly moves: readonly Extract<QueueRecord, { readonly type: 'moved' }>[];
}

function judge(store: QueueStore, queue: Queue, candidates: readonly Message[]): Judgement {
  const policy = redrivePolicyOf(queue);
  const target =
    policy === null ? undefined : deadLetterQueueOf(store, queue, policy.deadLetterTargetArn);
  const fit: Message[] = [];
  const expired: Message[] = [];
  const moves: Judgement['moves'][number][] = [];
  for (const message of candidates) {
    const received = message.receiveCount - message.receivedElsewhere;
    if (store.isExpired(queue, message)) expired.push(message);
    else if (policy !== null && target !== undefined && received >= policy.maxReceiveCount) {
      moves.push({
        type: 'moved',
        sequence: message.sequence,
        toQueue: target.settings.name,
        newSequence: store.nextSequence(),
        deadLetterSource: queueArn(queue.settings.name),
        renewed: null,
      });
    } else fit.push(message);
  }
  return { fit, expired, moves };
}

/** A missing queue, or one that does not take them, leaves the messages where they are. */
function deadLetterQueueOf(store: QueueStore, queue: Queue, arn: string): Queue | undefined {
  const target = store.find(queueNameOfArn(arn) ?? '');
  if (target === undefined) return undefined;
  return allowsRedriveFrom(target, queueArn(queue.settings.name)) ? target : undefined;
}

function whole(queue: Queue, message: Message, record: MessageRecord | undefined): ReceivedMessage {
  if (record === undefined) throw new Error('a message without record');
  const { messageId, sentMs, receiveCount, firstReceivedMs } = message;
  const system = {
    SenderId: LOCAL_ACCOUNT,
    SentTimestamp: String(sentMs),
    ApproximateReceiveCount: String(receiveCount),
    ApproximateFirstReceiveTimestamp: String(firstReceivedMs),
    AWSTraceHeader: record.traceHeader,
    DeadLetterQueueSourceArn: message.deadLetterSource,
    MessageGroupId: record.groupId,
    MessageDeduplicationId: record.deduplicationId,
    SequenceNumber: queue.settings.fifo ? sequenceNumberOf(message.sequence) : null,
  };
  const given = Object.entries(system).filter((entry) => entry[1] !== null);
  return {
    messageId,
    receiptHandle: receiptHandle(queue, message),
    body: record.body,
    md5OfBody: md5Of(record.body),
    system: Object.fromEntries(given) as SystemAttributes,
    attributes: record.attributes,
  };
}
