import { createHash, randomUUID } from 'node:crypto';
import { md5Of, md5OfAttributes } from '../message-digest.ts';
import type { Queue } from '../queue.ts';
import { MAX_MESSAGE_BYTES } from '../queue-attributes.ts';
import type { MessageAttribute, MessageRecord } from '../queue-record.ts';
import type { QueueStore } from '../queue-store.ts';
import { invalidParameter, missingParameter, prefixedError, SqsError } from '../sqs-error.ts';
import {
  batchEntries,
  type Input,
  optionalInteger,
  optionalStructure,
  optionalText,
  requireQueue,
  requireText,
} from './request-members.ts';
import { runBatch } from './run-batch.ts';

/** Not in XML 1.0. Source: Amazon SQS API reference, SendMessage. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const GROUP_ID = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;
const ATTRIBUTE_NAME = /^(?!(?:aws|amazon)\.)(?!.*\.\.)[\w-](?:[\w.-]{0,254}[\w-])?$/i;
const DATA_TYPE = /^(String|Number|Binary)(\.[^ ]{1,})?$/;
const MAX_ATTRIBUTES = 10;
const MAX_DELAY_SECONDS = 900;

/** A message as its sender gave it, checked. */
export interface MessageDraft {
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  readonly traceHeader: string | null;
  readonly groupId: string | null;
  readonly deduplicationId: string | null;
  readonly delaySeconds: number | null;
  readonly sizeBytes: number;
}

export interface SentMessage {
  readonly MessageId: string;
  readonly MD5OfMessageBody: string;
  readonly MD5OfMessageAttributes?: string;
  readonly SequenceNumber?: string;
}

export function sendMessage(store: QueueStore, input: Input): SentMessage {
  const queue = requireQueue(store, input);
  return send(store, queue, readDraft(queue, input));
}

export function sendMessageBatch(store: QueueStore, input: Input): unknown {
  const queue = requireQueue(store, input);
  const entries = batchEntries(input);
  const totalBytes = entries.reduce((sum, entry) => sum + roughSize(entry), 0);
  if (totalBytes > MAX_MESSAGE_BYTES) {
    throw prefixedError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes. You have sent ${totalBytes} bytes.`,
    );
  }
  return runBatch(entries, (entry) => send(store, queue, readDraft(queue, entry)));
}

/** Stores a message, unless the same one was sent in the last five minutes. */
export function send(store: QueueStore, queue: Queue, draft: MessageDraft): SentMessage {
  const { name, fifo } = queue.settings;
  const now = store.nowMs();
  const key = fifo ? deduplicationKey(queue, draft) : null;
  const before = key === null ? null : queue.sentBefore(key, now);
  if (before !== null) return describe(queue, draft, before);
  const delayMs = 1000 * (draft.delaySeconds ?? Number(queue.settings.attributes['DelaySeconds']));
  const record: MessageRecord = {
    type: 'message',
    queue: name,
    sequence: store.nextSequence(),
    messageId: randomUUID(),
    sentMs: now,
    visibleMs: delayMs === 0 ? 0 : now + delayMs,
    body: draft.body,
    attributes: draft.attributes,
    traceHeader: draft.traceHeader,
    groupId: draft.groupId,
    deduplicationId: fifo ? (draft.deduplicationId ?? sha256(draft.body)) : draft.deduplicationId,
    deduplicationKey: key,
  };
  store.send(record);
  return describe(queue, draft, record);
}

/** 20 digits that grow; AWS gives 128 bits and says no more. Source: Amazon SQS API reference, SendMessage. */
export function sequenceNumberOf(sequence: number): string {
  return String(sequence).padStart(20, '0');
}

function describe(
  queue: Queue,
  draft: MessageDraft,
  sent: { readonly messageId: string; readonly sequence: number },
): SentMessage {
  const attributesMd5 = md5OfAttributes(draft.attributes);
  return {
    MessageId: sent.messageId,
    MD5OfMessageBody: md5Of(draft.body),
    ...(attributesMd5 === null ? {} : { MD5OfMessageAttributes: attributesMd5 }),
    ...(queue.settings.fifo ? { SequenceNumber: sequenceNumberOf(sent.sequence) } : {}),
  };
}

function deduplicationKey(queue: Queue, draft: MessageDraft): string {
  const { attributes } = queue.settings;
  if (draft.deduplicationId === null && attributes['ContentBasedDeduplication'] !== 'true') {
    throw invalidParameter(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  const id = draft.deduplicationId ?? sha256(draft.body);
  const perGroup = attributes['DeduplicationScope'] === 'messageGroup';
  return perGroup ? JSON.stringify([draft.groupId, id]) : id;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function readDraft(queue: Queue, input: Input): MessageDraft {
  const body = requireText(input, 'MessageBody');
  if (FORBIDDEN.test(body)) {
    const message =
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.';
    throw new SqsError('InvalidMessageContents', message);
  }
  const { fifo } = queue.settings;
  const groupId = optionalId(input, 'MessageGroupId');
  const deduplicationId = optionalId(input, 'MessageDeduplicationId');
  if (fifo && groupId === null) throw missingParameter('MessageGroupId');
  if (!fifo && deduplicationId !== null) {
    throw invalidParameter(
      'The request includes a parameter that is not valid for this queue type: MessageDeduplicationId',
    );
  }
  const delaySeconds = optionalInteger(input, 'DelaySeconds', { min: 0, max: MAX_DELAY_SECONDS });
  if (fifo && delaySeconds !== undefined && delaySeconds > 0) {
    throw invalidParameter(
      `Value ${delaySeconds} for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.`,
    );
  }
  const attributes = readAttributes(input);
  const sizeBytes = Buffer.byteLength(body) + attributesSize(attributes);
  requireSize(queue, sizeBytes);
  return {
    ...{ body, attributes, groupId, deduplicationId, sizeBytes },
    traceHeader: readTraceHeader(input),
    delaySeconds: delaySeconds ?? null,
  };
}

function requireSize(queue: Queue, sizeBytes: number): void {
  const maxBytes = Number(queue.settings.attributes['MaximumMessageSize']);
  if (sizeBytes <= maxBytes) return;
  throw invalidParameter(
    `One or more parameters are invalid. Reason: Message must be shorter than ${maxBytes} bytes.`,
  );
}

function optionalId(input: Input, member: string): string | null {
  const value = optionalText(input, member);
  if (value === undefined) return null;
  if (GROUP_ID.test(value)) return value;
  throw invalidParameter(
    `Value ${value.slice(0, 128)} for parameter ${member} is invalid. Reason: ${member} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  );
}

function readTraceHeader(input: Input): string | null {
  const system = optionalStructure(input, 'MessageSystemAttributes') ?? {};
  for (const name of Object.keys(system)) {
    if (name !== 'AWSTraceHeader') {
      throw invalidParameter(`Message system attribute name '${name}' is invalid.`);
    }
  }
  const header = optionalStructure(system, 'AWSTraceHeader');
  return header === undefined ? null : (optionalText(header, 'StringValue') ?? null);
}

function readAttributes(input: Input): Readonly<Record<string, MessageAttribute>> {
  const given = optionalStructure(input, 'MessageAttributes') ?? {};
  const names = Object.keys(given);
  if (names.length > MAX_ATTRIBUTES) {
    throw invalidParameter(
      `Number of message attributes [${names.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    );
  }
  return Object.fromEntries(names.map((name) => [name, readAttribute(given, name)]));
}

function readAttribute(given: Input, name: string): MessageAttribute {
  if (!ATTRIBUTE_NAME.test(name)) {
    throw invalidParameter(`The message attribute name '${name.slice(0, 256)}' is invalid.`);
  }
  const attribute = optionalStructure(given, name) ?? {};
  const DataType = optionalText(attribute, 'DataType') ?? '';
  const [, kind] = DATA_TYPE.exec(DataType) ?? [];
  if (kind === undefined || DataType.length > 256) {
    throw invalidParameter(
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    );
  }
  const StringValue = optionalText(attribute, 'StringValue');
  const BinaryValue = optionalText(attribute, 'BinaryValue');
  const value = kind === 'Binary' ? BinaryValue : StringValue;
  const isNumber =
    kind !== 'Number' ||
    (value !== undefined && value.trim() !== '' && Number.isFinite(Number(value)));
  if (value === undefined || value === '' || !isNumber) {
    throw invalidParameter(
      `The message (user) attribute '${name}' must contain a non-empty value of type '${DataType}'.`,
    );
  }
  return kind === 'Binary' ? { DataType, BinaryValue: value } : { DataType, StringValue: value };
}

/** Names, types and values count. Source: Amazon SQS developer guide, "Amazon SQS message quotas". */
function attributesSize(attributes: Readonly<Record<string, MessageAttribute>>): number {
  return Object.entries(attributes).reduce((sum, [name, attribute]) => {
    const value =
      attribute.BinaryValue === undefined
        ? Buffer.byteLength(attribute.StringValue ?? '')
        : Buffer.byteLength(attribute.BinaryValue, 'base64');
    return sum + Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + value;
  }, 0);
}

function roughSize(entry: Input): number {
  const body = entry['MessageBody'];
  return typeof body === 'string'
    ? Buffer.byteLength(body) + attributesSize(readAttributes(entry))
    : 0;
}
