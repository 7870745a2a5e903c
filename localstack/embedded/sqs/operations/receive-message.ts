import { md5OfAttributes } from '../message-digest.ts';
import type { QueueStore } from '../queue-store.ts';
import { unsupportedOperation } from '../sqs-error.ts';
import type { ReceivedMessage } from './receive.ts';
import { type Input, optionalInteger, optionalTexts, requireQueue } from './request-members.ts';
import { waitForMessages } from './wait-for-messages.ts';

const MAX_PER_REQUEST = 10;
const MAX_VISIBILITY_SECONDS = 43_200;
const MAX_WAIT_SECONDS = 20;
const MS_PER_SECOND = 1000;

/** Waits for messages as long as asked, or as the queue says; the signal ends the wait without taking any. */
export async function receiveMessage(
  store: QueueStore,
  input: Input,
  signal: AbortSignal,
): Promise<unknown> {
  const queue = requireQueue(store, input);
  const limit =
    optionalInteger(input, 'MaxNumberOfMessages', { min: 1, max: MAX_PER_REQUEST }) ?? 1;
  const visibility = optionalInteger(input, 'VisibilityTimeout', {
    min: 0,
    max: MAX_VISIBILITY_SECONDS,
  });
  const wait = optionalInteger(input, 'WaitTimeSeconds', { min: 0, max: MAX_WAIT_SECONDS });
  if ((input['ReceiveRequestAttemptId'] ?? '') !== '') {
    throw unsupportedOperation(
      'the local cloud does not emulate ReceiveRequestAttemptId; leave it out',
    );
  }
  const systemNames = [
    ...optionalTexts(input, 'AttributeNames'),
    ...optionalTexts(input, 'MessageSystemAttributeNames'),
  ];
  const names = optionalTexts(input, 'MessageAttributeNames');
  const waitSeconds = wait ?? Number(queue.settings.attributes['ReceiveMessageWaitTimeSeconds']);
  const messages = await waitForMessages(store, queue, {
    limit,
    ...(visibility === undefined ? {} : { visibilityMs: visibility * MS_PER_SECOND }),
    waitMs: waitSeconds * MS_PER_SECOND,
    signal,
  });
  if (messages.length === 0) return {};
  return { Messages: messages.map((message) => describe(message, systemNames, names)) };
}

function describe(
  message: ReceivedMessage,
  systemNames: readonly string[],
  names: readonly string[],
): unknown {
  const system = chosen(
    message.system,
    (name) => systemNames.includes('All') || systemNames.includes(name),
  );
  const attributes = chosen(message.attributes, (name) =>
    names.some((wanted) => isNamed(name, wanted)),
  );
  const digest = md5OfAttributes(attributes);
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.md5OfBody,
    Body: message.body,
    ...(Object.keys(system).length === 0 ? {} : { Attributes: system }),
    ...(digest === null ? {} : { MD5OfMessageAttributes: digest, MessageAttributes: attributes }),
  };
}

/** `All`, `.*`, `prefix.*` or the name itself. */
function isNamed(name: string, wanted: string): boolean {
  if (wanted === 'All' || wanted === '.*') return true;
  return wanted.endsWith('.*') ? name.startsWith(wanted.slice(0, -2)) : name === wanted;
}

function chosen<T>(
  all: Readonly<Record<string, T>>,
  isChosen: (name: string) => boolean,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => isChosen(name)));
}
