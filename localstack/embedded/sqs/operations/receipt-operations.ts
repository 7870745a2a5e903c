import type { Message, Queue } from '../queue.ts';
import type { QueueStore } from '../queue-store.ts';
import { invalidParameter, prefixedError } from '../sqs-error.ts';
import { messageOf, parseReceipt } from './receipt-handle.ts';
import {
  batchEntries,
  type Input,
  optionalInteger,
  requireQueue,
  requireText,
} from './request-members.ts';
import { runBatch } from './run-batch.ts';

const MAX_VISIBILITY_SECONDS = 43_200;
const MS_PER_SECOND = 1000;

export function deleteMessage(store: QueueStore, input: Input): void {
  deleteByReceipt(store, requireQueue(store, input), requireText(input, 'ReceiptHandle'));
}

export function deleteMessageBatch(store: QueueStore, input: Input): unknown {
  const queue = requireQueue(store, input);
  return runBatch(batchEntries(input), (entry) => {
    deleteByReceipt(store, queue, requireText(entry, 'ReceiptHandle'));
    return {};
  });
}

/**
 * Deletes for good; a message that is gone already is success. A handle from before the message was received again still
 * deletes it, as whoever holds it has done the work; in a FIFO queue it has expired. Source: Amazon SQS API reference, DeleteMessage.
 */
export function deleteByReceipt(store: QueueStore, queue: Queue, handle: string): void {
  const receipt = parseReceipt(queue, handle);
  queue.showDue(store.nowMs());
  const message = messageOf(queue, receipt);
  if (message === null) return;
  const isLatest = message.receiveCount === receipt.receiveCount && message.phase === 'in-flight';
  if (queue.settings.fifo && !isLatest) {
    throw invalidParameter(
      `Value ${handle.slice(0, 40)}... for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    );
  }
  store.commit([{ type: 'deleted', sequence: message.sequence }]);
}

/**
 * Lets a message that an event source mapping received come again after a time. Not when it comes earlier anyway, and not
 * when whoever worked on it has chosen the time, or has deleted it.
 */
export function giveBack(
  store: QueueStore,
  queue: Queue,
  options: { readonly handle: string; readonly delayMs: number },
): void {
  const receipt = parseReceipt(queue, options.handle);
  const now = store.nowMs();
  queue.showDue(now);
  const message = messageOf(queue, receipt);
  if (message === null || message.receiveCount !== receipt.receiveCount) return;
  const visibleMs = now + options.delayMs;
  const isHeld = message.mappingHolds && message.phase === 'in-flight';
  if (!isHeld || message.visibleMs <= visibleMs) return;
  store.commit([{ type: 'visibility', sequence: message.sequence, visibleMs }]);
}

export function changeMessageVisibility(store: QueueStore, input: Input): void {
  changeVisibility(store, requireQueue(store, input), input);
}

export function changeMessageVisibilityBatch(store: QueueStore, input: Input): unknown {
  const queue = requireQueue(store, input);
  return runBatch(batchEntries(input), (entry) => {
    changeVisibility(store, queue, entry);
    return {};
  });
}

function changeVisibility(store: QueueStore, queue: Queue, input: Input): void {
  const seconds =
    optionalInteger(input, 'VisibilityTimeout', { min: 0, max: MAX_VISIBILITY_SECONDS }) ?? 0;
  const message = requireInFlight(store, queue, requireText(input, 'ReceiptHandle'));
  const now = store.nowMs();
  const visibleMs = now + seconds * MS_PER_SECOND;
  store.commit([{ type: 'visibility', sequence: message.sequence, visibleMs }]);
  queue.showDue(now);
}

function requireInFlight(store: QueueStore, queue: Queue, handle: string): Message {
  const receipt = parseReceipt(queue, handle);
  queue.showDue(store.nowMs());
  const message = messageOf(queue, receipt);
  if (message === null) {
    throw invalidParameter(
      `Value ${handle.slice(0, 40)}... for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
    );
  }
  const isLatest = message.receiveCount === receipt.receiveCount;
  if (message.phase === 'in-flight' && isLatest) return message;
  throw prefixedError('MessageNotInflight', 'The specified message is not in flight.');
}
