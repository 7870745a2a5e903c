import type { IncomingMessage, ServerResponse } from 'node:http';
import { type JsonOperation, serveJson } from '#embedded/gateway/json-protocol.ts';
import { writeFailure } from '#embedded/gateway/write-failure.ts';
import {
  type IamService,
  LOCAL_ACCOUNT,
  type MetricsService,
  type PolicyDocument,
  type SqsService,
} from '#embedded/services.ts';
import { MoveTasks } from './operations/move-task-operations.ts';
import {
  changeAttributes,
  makeQueue,
  type QueueContext,
  queueOperations,
  tellPolicy,
} from './operations/queue-operations.ts';
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  deleteByReceipt,
  deleteMessage,
  deleteMessageBatch,
  giveBack,
} from './operations/receipt-operations.ts';
import { receiveMessage } from './operations/receive-message.ts';
import { readDraft, send, sendMessage, sendMessageBatch } from './operations/send-operations.ts';
import { waitForMessages } from './operations/wait-for-messages.ts';
import { queueNameOfArn } from './queue-arn.ts';
import { changedAttributes, newQueueAttributes } from './queue-attributes.ts';
import { measureQueues } from './queue-metrics.ts';
import { QueueStore, type QueueStoreOptions } from './queue-store.ts';
import { queueDoesNotExist, SqsError } from './sqs-error.ts';

export interface SqsOptions extends Omit<QueueStoreOptions, 'nowMs'> {
  /** Learns the policies of the queues. @default nobody */
  readonly iam?: Pick<IamService, 'ensureResourcePolicy'>;
  /** Takes the queues' metrics. @default nobody */
  readonly metrics?: MetricsService;
  /** How often queues are measured. @default 5000 */
  readonly measureEveryMs?: number;
  /** Epoch milliseconds. @default Date.now */
  readonly nowMs?: () => number;
}

const CONTENT_TYPE = 'application/x-amz-json-1.0';
const MEASURE_EVERY_MS = 5000;

/** SQS, standard and FIFO, in the AWS JSON 1.0 protocol. What was acknowledged survives SIGKILL. */
export function openSqsService(options: SqsOptions): SqsService {
  const nowMs = options.nowMs ?? Date.now;
  const store = new QueueStore({ ...options, nowMs });
  store.releaseHeld();
  const tasks = new MoveTasks(store);
  const closing = new AbortController();
  const context: QueueContext = {
    store,
    purgedMs: new Map(),
    onPolicy: (arn, policy) => tellIam(options.iam, arn, policy),
  };
  for (const { settings } of store.queues()) tellPolicy(context, settings.name);
  const { metrics } = options;
  const timer =
    metrics === undefined
      ? undefined
      : setInterval(
          () => measureQueues(store, metrics),
          options.measureEveryMs ?? MEASURE_EVERY_MS,
        );
  timer?.unref();

  const byArn = (arn: string) => store.require(queueNameOfArn(arn) ?? '');
  return {
    handle: (request, response) =>
      serve({ store, tasks, context, closing: closing.signal }, request, response),
    close: async () => {
      if (closing.signal.aborted) return;
      closing.abort();
      clearInterval(timer);
      tasks.close();
      // Whoever waited has its empty answer by then.
      await new Promise((resolve) => setImmediate(resolve));
      store.close();
    },
    ensureQueue: ({ name, attributes }) => ensureQueue(context, name, attributes),
    setPolicy: (arn, policy) =>
      changeAttributes(context, byArn(arn), { Policy: JSON.stringify(policy) }),
    attributesOf: (arn) => store.find(queueNameOfArn(arn) ?? '')?.settings.attributes ?? null,
    send: (arn, message) => {
      const queue = byArn(arn);
      const draft = readDraft(queue, {
        MessageBody: message.body,
        MessageAttributes: message.attributes ?? {},
        MessageGroupId: message.groupId,
        MessageDeduplicationId: message.deduplicationId,
      });
      return send(store, queue, draft).MessageId;
    },
    receive: (arn, receiveOptions) =>
      waitForMessages(store, byArn(arn), { ...receiveOptions, byMapping: true }),
    delete: (arn, handle) => deleteByReceipt(store, byArn(arn), handle),
    giveBack: (arn, handle, delayMs) => giveBack(store, byArn(arn), { handle, delayMs }),
    pendingMessages: (arn) => store.find(queueNameOfArn(arn) ?? '')?.size ?? 0,
  };
}

interface Serving {
  readonly store: QueueStore;
  readonly tasks: MoveTasks;
  readonly context: QueueContext;
  readonly closing: AbortSignal;
}

async function serve(
  serving: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.headers['x-amz-target'] === undefined) {
    request.resume();
    const message =
      "the local cloud speaks SQS's JSON protocol, and this request is in the older query protocol; use an SDK or AWS CLI from 2024 or later";
    const failure = { status: 400, code: 'InvalidAction', message };
    writeFailure(response, failure, { protocol: 'query-xml' });
    return;
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, serving.closing]);
  const operations = withQueryErrors(operationsFor(serving, request, signal), response);
  await serveJson(operations, request, { response, contentType: CONTENT_TYPE });
}

function operationsFor(
  { store, tasks, context }: Serving,
  request: IncomingMessage,
  signal: AbortSignal,
): Readonly<Record<string, JsonOperation>> {
  const host = request.headers.host ?? request.headers[':authority']?.toString() ?? '';
  return {
    ...queueOperations(context, `http://${host}/${LOCAL_ACCOUNT}`),
    SendMessage: (input) => sendMessage(store, input),
    SendMessageBatch: (input) => sendMessageBatch(store, input),
    ReceiveMessage: (input) => receiveMessage(store, input, signal),
    DeleteMessage: (input) => deleteMessage(store, input),
    DeleteMessageBatch: (input) => deleteMessageBatch(store, input),
    ChangeMessageVisibility: (input) => changeMessageVisibility(store, input),
    ChangeMessageVisibilityBatch: (input) => changeMessageVisibilityBatch(store, input),
    StartMessageMoveTask: (input) => tasks.start(input),
    ListMessageMoveTasks: (input) => tasks.list(input),
    CancelMessageMoveTask: (input) => tasks.cancel(input),
  };
}

/** Errors also bear the name that the older protocol gave them. Source: Smithy, AWS query compatible trait. */
function withQueryErrors(
  operations: Readonly<Record<string, JsonOperation>>,
  response: ServerResponse,
): Readonly<Record<string, JsonOperation>> {
  const wrap = (operation: JsonOperation): JsonOperation => {
    return async (input) => {
      try {
        return await operation(input);
      } catch (error) {
        if (error instanceof SqsError) {
          response.setHeader('x-amzn-query-error', `${error.queryCode};Sender`);
        }
        throw error;
      }
    };
  };
  return Object.fromEntries(Object.entries(operations).map(([name, run]) => [name, wrap(run)]));
}

/** A queue of the template: created, or changed to what the template says. */
function ensureQueue(
  context: QueueContext,
  name: string,
  attributes: Readonly<Record<string, string>>,
): void {
  const queue = context.store.find(name);
  if (queue === undefined) {
    makeQueue(context, { name, attributes, tags: {} });
    return;
  }
  const { FifoQueue, ...wanted } = newQueueAttributes(name, attributes);
  const { RedrivePolicy = '', RedriveAllowPolicy = '' } = wanted;
  const changes = { ...wanted, RedrivePolicy, RedriveAllowPolicy };
  const next = changedAttributes(queue.settings, changes);
  if ((FifoQueue === 'true') !== queue.settings.fifo) throw queueDoesNotExist();
  if (JSON.stringify(sorted(next)) === JSON.stringify(sorted(queue.settings.attributes))) return;
  changeAttributes(context, queue, changes);
}

function sorted(attributes: Readonly<Record<string, string>>): unknown {
  return Object.entries(attributes).sort(([left], [right]) => (left < right ? -1 : 1));
}

function tellIam(iam: SqsOptions['iam'], arn: string, policy: PolicyDocument | null): void {
  const document = policy ?? { Statement: [] };
  iam?.ensureResourcePolicy(arn, { name: 'queue policy', document });
}
