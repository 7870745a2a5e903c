import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createIamService } from '#embedded/iam/iam-service.ts';
import { throttled } from '#embedded/lambda/lambda-functions.ts';
import { createQueueMappings } from '#embedded/lambda/queue-source/queue-mappings.ts';
import type { IamService, LambdaOutcome, QueueMappingConfig } from '#embedded/services.ts';
import { openSqsService } from '#embedded/sqs/sqs-service.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:work';
const FIFO = `${QUEUE}.fifo`;
const LETTERS = 'arn:aws:sqs:us-east-1:000000000000:letters';
const ROLE = 'arn:aws:iam::000000000000:role/writer';
const MAPPING: QueueMappingConfig = {
  id: 'm',
  queueArn: QUEUE,
  functionName: 'writer',
  batchSize: 10,
  batchingWindowMs: 0,
  reportBatchItemFailures: true,
  maxConcurrency: 2,
  enabled: true,
  countEvents: false,
};

interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}
type Handler = (records: readonly QueueRecord[]) => unknown | Promise<unknown>;

function startMappings(
  handler: Handler,
  options: {
    readonly iam?: IamService;
    readonly queue?: Readonly<Record<string, string>>;
    readonly retryDelayMs?: number;
  } = {},
) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-queue-mappings-'));
  const sqs = openSqsService({ stateDir: path.join(folder, 'sqs') });
  const attributes = { VisibilityTimeout: '1', ...options.queue };
  sqs.ensureQueue({ name: 'letters', attributes: {} });
  sqs.ensureQueue({ name: 'work', attributes });
  const { VisibilityTimeout } = attributes;
  const fifo = { VisibilityTimeout, FifoQueue: 'true', ContentBasedDeduplication: 'true' };
  sqs.ensureQueue({ name: 'work.fifo', attributes: fifo });
  const notices: string[] = [];
  const mappings = createQueueMappings({
    stateDir: path.join(folder, 'mappings'),
    sqs,
    lambda: {
      hasFunction: () => true,
      roleArnOf: () => ROLE,
      timeoutMsOf: () => 1000,
      invoke: async (_name, payload): Promise<LambdaOutcome> => {
        const answer = await handler(JSON.parse(payload.toString()).Records);
        const bytes = Buffer.from(JSON.stringify(answer ?? null));
        if (answer !== 'error') return { kind: 'success', payload: bytes, requestId: 'r' };
        const error = { errorType: 'Error', errorMessage: 'no' };
        return { kind: 'error', ...error, payload: bytes, requestId: 'r' };
      },
    },
    onNotice: (text) => notices.push(text),
    ...(options.iam === undefined ? {} : { iam: options.iam }),
    ...(options.retryDelayMs === undefined ? {} : { retryDelayMs: options.retryDelayMs }),
  });
  onTestFinished(async () => {
    await mappings.close();
    await sqs.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const drained = () => expect.poll(() => mappings.pending(), { timeout: 4000 }).toBe(false);
  return { sqs, mappings, notices, drained };
}

const bodiesOf = (records: readonly QueueRecord[]): string[] => records.map(({ body }) => body);

describe('a mapping on a queue', () => {
  it('deletes what the function did, and brings back what it reported', async () => {
    const seen: string[] = [];
    const { sqs, mappings, drained } = startMappings((records) => {
      const failed = records.filter(
        ({ body, attributes }) => body === 'b' && attributes['ApproximateReceiveCount'] === '1',
      );
      seen.push(...bodiesOf(records));
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
    for (const body of ['a', 'b', 'c']) sqs.send(QUEUE, { body });
    mappings.ensureMapping(MAPPING);
    mappings.start();
    await drained();
    expect(seen.sort()).toEqual(['a', 'b', 'b', 'c']);
  });

  it('keeps the whole batch when the function fails', async () => {
    let isBroken = true;
    const seen: string[] = [];
    const { sqs, mappings, drained } = startMappings((records) => {
      if (isBroken) {
        isBroken = false;
        return 'error';
      }
      seen.push(...bodiesOf(records));
      return null;
    });
    for (const body of ['a', 'b']) sqs.send(QUEUE, { body });
    mappings.ensureMapping(MAPPING);
    mappings.start();
    expect(mappings.pending()).toBe(true);
    await drained();
    expect(seen.sort()).toEqual(['a', 'b']);
  });

  it('gives what fails back long before its visibility timeout ends, until it is a dead letter', async () => {
    const redrive = { deadLetterTargetArn: LETTERS, maxReceiveCount: 3 };
    const counts: string[] = [];
    const { sqs, mappings, drained } = startMappings(
      (records) => {
        counts.push(records[0]?.attributes['ApproximateReceiveCount'] ?? '');
        return 'error';
      },
      {
        queue: { VisibilityTimeout: '900', RedrivePolicy: JSON.stringify(redrive) },
        retryDelayMs: 10,
      },
    );
    sqs.send(QUEUE, { body: 'a' });
    mappings.ensureMapping(MAPPING);
    mappings.start();
    await drained();
    expect(counts).toEqual(['1', '2', '3']);
    expect(sqs.pendingMessages(LETTERS)).toBe(1);
  });

  it('keeps the order of a group whose first message fails', async () => {
    const seen: string[] = [];
    const { sqs, mappings, drained } = startMappings(
      (records) => {
        const isFirst = seen.length === 0;
        seen.push(bodiesOf(records).join(''));
        return isFirst ? 'error' : null;
      },
      { queue: { VisibilityTimeout: '900' }, retryDelayMs: 10 },
    );
    for (const body of ['a', 'b', 'c']) sqs.send(FIFO, { body, groupId: 'one' });
    mappings.ensureMapping({ ...MAPPING, queueArn: FIFO, reportBatchItemFailures: false });
    mappings.start();
    await drained();
    expect(seen).toEqual(['abc', 'abc']);
  });

  it('runs no more batches at once than MaximumConcurrency, and one per group of a FIFO queue', async () => {
    let running = 0;
    let most = 0;
    const seen: string[] = [];
    const { sqs, mappings, drained } = startMappings(async (records) => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      seen.push(...bodiesOf(records));
      running -= 1;
    });
    for (let number = 0; number < 8; number += 1) {
      sqs.send(QUEUE, { body: `plain ${number}` });
      sqs.send(FIFO, { body: `fifo ${number}`, groupId: 'one' });
    }
    mappings.ensureMapping({ ...MAPPING, batchSize: 1 });
    mappings.start();
    await drained();
    expect(most).toBe(2);
    most = 0;
    mappings.ensureMapping({ ...MAPPING, id: 'f', queueArn: FIFO, batchSize: 1 });
    await drained();
    expect(most).toBe(1);
    const ordered = seen.filter((body) => body.startsWith('fifo'));
    expect(ordered).toEqual(Array.from({ length: 8 }, (_, number) => `fifo ${number}`));
  });

  it('gathers messages while its window lasts', async () => {
    const sizes: number[] = [];
    const { sqs, mappings, drained } = startMappings((records) => void sizes.push(records.length));
    mappings.ensureMapping({
      ...MAPPING,
      batchSize: 50,
      batchingWindowMs: 300,
      maxConcurrency: null,
    });
    mappings.start();
    await sleep(20);
    for (let number = 0; number < 3; number += 1) {
      sqs.send(QUEUE, { body: String(number) });
      await sleep(20);
    }
    await drained();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(3);
    expect(sizes.length).toBeLessThanOrEqual(3);
  });

  it('makes several events of a batch that is too large for one', async () => {
    const sizes: number[] = [];
    const { sqs, mappings, drained } = startMappings((records) => {
      sizes.push(records.length);
    });
    for (let number = 0; number < 8; number += 1) {
      sqs.send(QUEUE, { body: `${number}${'x'.repeat(1_000_000)}` });
    }
    mappings.ensureMapping({ ...MAPPING, maxConcurrency: 2 });
    mappings.start();
    await drained();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(8);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(6);
  });

  it('asks a throttled function again without losing the batch', async () => {
    let calls = 0;
    const { sqs, mappings, drained } = startMappings(() => {
      calls += 1;
      if (calls === 1) throw throttled();
    });
    sqs.send(QUEUE, { body: 'a' });
    mappings.ensureMapping(MAPPING);
    mappings.start();
    await drained();
    expect(calls).toBe(2);
  });

  it('needs the permissions of the function’s role, at its creation and at every call', async () => {
    const iam = createIamService();
    const trust = {
      Statement: [
        {
          Effect: 'Allow' as const,
          Action: 'sts:AssumeRole',
          Principal: { Service: 'lambda.amazonaws.com' },
        },
      ],
    };
    iam.ensureRole({ name: 'writer', arn: ROLE, trust, policies: [] });
    const { mappings } = startMappings(() => null, { iam });
    expect(() => mappings.ensureMapping(MAPPING)).toThrow(
      /does not have permissions to call ReceiveMessage on SQS/,
    );
    const Action = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
    const grant = { Effect: 'Allow' as const, Action, Resource: QUEUE };
    iam.ensureRolePolicy('writer', { name: 'poll', document: { Statement: [grant] } });
    mappings.ensureMapping(MAPPING);
    mappings.start();
    const polled = expect.objectContaining({ action: 'sqs:ReceiveMessage', allowed: true });
    await expect.poll(() => iam.journal()).toContainEqual(polled);
  });

  it.each<[string, Partial<QueueMappingConfig>, RegExp]>([
    ['a queue that does not exist', { queueArn: `${QUEUE}-none` }, /NonExistentQueue/],
    ['a batch above 10 without window', { batchSize: 11 }, /Maximum batch window/],
    [
      'a window of a FIFO queue',
      { queueArn: FIFO, batchingWindowMs: 1000 },
      /not supported for FIFO/,
    ],
    ['a concurrency of one', { maxConcurrency: 1 }, /expected 2 to 1000/],
  ])('is refused for %s', (_name, changes, message) => {
    const { mappings } = startMappings(() => null);
    expect(() => mappings.ensureMapping({ ...MAPPING, ...changes })).toThrow(message);
  });
});
