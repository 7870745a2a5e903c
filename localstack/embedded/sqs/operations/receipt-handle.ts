import type { Message, Queue } from '../queue.ts';
import { invalidReceiptHandle } from '../sqs-error.ts';

/** What a receipt handle names: one receipt of one message. */
export interface Receipt {
  readonly sequence: number;
  readonly messageId: string;
  /** How often the message had been received, this time included. */
  readonly receiveCount: number;
}

export function receiptHandle(queue: Queue, message: Message): string {
  const { name } = queue.settings;
  const { sequence, messageId, receiveCount } = message;
  return Buffer.from(JSON.stringify([name, sequence, messageId, receiveCount])).toString('base64');
}

/** Throws ReceiptHandleIsInvalid for what this queue never gave out. */
export function parseReceipt(queue: Queue, handle: string): Receipt {
  const [name, sequence, messageId, receiveCount] = readParts(handle);
  const isOurs =
    name === queue.settings.name &&
    typeof sequence === 'number' &&
    typeof messageId === 'string' &&
    typeof receiveCount === 'number';
  if (!isOurs) throw invalidReceiptHandle(handle);
  return { sequence, messageId, receiveCount };
}

/** The message of a receipt, also when it was received again since; null when it is gone. */
export function messageOf(queue: Queue, receipt: Receipt): Message | null {
  const message = queue.get(receipt.sequence);
  return message?.messageId === receipt.messageId ? message : null;
}

function readParts(handle: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(handle, 'base64').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
