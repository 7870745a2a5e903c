import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeQueue } from '#embedded/sqs/operations/queue-operations.ts';
import { deleteByReceipt } from '#embedded/sqs/operations/receipt-operations.ts';
import { receive } from '#embedded/sqs/operations/receive.ts';
import { readDraft, send } from '#embedded/sqs/operations/send-operations.ts';
import { queueArn } from '#embedded/sqs/queue-arn.ts';
import { QueueStore } from '#embedded/sqs/queue-store.ts';

const SEED = Number(process.env['QUEUE_SEED'] ?? 20_260_101);
const RUNS = Number(process.env['QUEUE_RUNS'] ?? 25);
const VISIBILITY_MS = 10_000;

type Step =
  | { readonly kind: 'send'; readonly group: number }
  | { readonly kind: 'receive'; readonly limit: number }
  | { readonly kind: 'delete'; readonly pick: number }
  | { readonly kind: 'wait'; readonly ms: number }
  /** `torn` bytes are what is left of a write that was never acknowledged. */
  | { readonly kind: 'kill'; readonly torn: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), group: fc.nat({ max: 2 }) }),
  fc.record({ kind: fc.constant('receive' as const), limit: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ kind: fc.constant('delete' as const), pick: fc.nat({ max: 20 }) }),
  fc.record({
    kind: fc.constant('wait' as const),
    ms: fc.constantFrom(1000, 9999, 10_000, 25_000),
  }),
  fc.record({ kind: fc.constant('kill' as const), torn: fc.nat({ max: 40 }) }),
);

/** What a client knows: what it sent, what it holds receipts of, and what was deleted. */
class Client {
  readonly sent = new Map<string, string>();
  readonly deleted = new Set<string>();
  readonly receipts: { queue: string; handle: string; body: string }[] = [];
  readonly #file: string;
  readonly #folder: string;
  readonly #queueName: string;
  #store: QueueStore;
  #now = 1_000_000;

  constructor(folder: string, options: { readonly fifo: boolean; readonly redrive: boolean }) {
    this.#folder = folder;
    this.#file = path.join(folder, 'queues.journal');
    this.#store = this.#open();
    this.#queueName = options.fifo ? 'work.fifo' : 'work';
    const letters = options.fifo ? 'letters.fifo' : 'letters';
    const fifo: Record<string, string> = options.fifo
      ? { FifoQueue: 'true', ContentBasedDeduplication: 'true' }
      : {};
    const context = { store: this.#store, onPolicy: () => undefined, purgedMs: new Map() };
    makeQueue(context, { name: letters, attributes: fifo, tags: {} });
    const policy = { deadLetterTargetArn: queueArn(letters), maxReceiveCount: 2 };
    const redrive: Record<string, string> = options.redrive
      ? { RedrivePolicy: JSON.stringify(policy) }
      : {};
    const attributes = { ...fifo, ...redrive, VisibilityTimeout: String(VISIBILITY_MS / 1000) };
    makeQueue(context, { name: this.#queueName, attributes, tags: {} });
  }

  run(action: Step): void {
    switch (action.kind) {
      case 'send':
        this.#send(String(action.group));
        return;
      case 'receive':
        for (const { settings } of this.#store.queues()) this.#receive(settings.name, action.limit);
        return;
      case 'delete':
        this.#delete(action.pick);
        return;
      case 'wait':
        this.#now += action.ms;
        return;
      case 'kill':
        this.#kill(action.torn);
        return;
    }
  }

  /** Everything that is not deleted comes out in the end, in the order of its group. */
  drain(): string[] {
    const bodies: string[] = [];
    for (let round = 0; round < 200; round += 1) {
      this.#now += VISIBILITY_MS * 4;
      for (const { settings } of this.#store.queues()) {
        for (const message of this.#receive(settings.name, 10)) bodies.push(message);
      }
      while (this.receipts.length > 0) this.#delete(0);
      if (this.#store.queues().every(({ size }) => size === 0)) break;
    }
    return bodies;
  }

  close(): void {
    this.#store.close();
  }

  #open(): QueueStore {
    // Rewrites its journal in most histories.
    return new QueueStore({
      stateDir: this.#folder,
      nowMs: () => this.#now,
      minSupersededBytes: 4000,
    });
  }

  #send(group: string): void {
    const body = `${group}-${String(this.sent.size).padStart(4, '0')}`;
    const queue = this.#store.require(this.#queueName);
    const groupId = queue.settings.fifo ? { MessageGroupId: group } : {};
    send(this.#store, queue, readDraft(queue, { MessageBody: body, ...groupId }));
    this.sent.set(body, group);
  }

  #receive(name: string, limit: number): string[] {
    const messages = receive(this.#store, this.#store.require(name), { limit });
    for (const { body, receiptHandle } of messages) {
      expect(this.deleted.has(body), `${body} was deleted`).toBe(false);
      expect(this.sent.has(body), `${body} was sent`).toBe(true);
      this.receipts.push({ queue: name, handle: receiptHandle, body });
    }
    return messages.map(({ body }) => body);
  }

  #delete(pick: number): void {
    const [receipt] = this.receipts.splice(pick % Math.max(1, this.receipts.length), 1);
    if (receipt === undefined) return;
    const queue = this.#store.require(receipt.queue);
    const before = queue.size;
    try {
      deleteByReceipt(this.#store, queue, receipt.handle);
      // Elsewhere by now (dead-letter queue): the answer says nothing about it.
      if (queue.size < before) this.deleted.add(receipt.body);
    } catch (error) {
      expect(String(error)).toMatch(/receipt handle has expired/);
    }
  }

  /** The process dies at once; a write that was under way may have left its beginning. */
  #kill(torn: number): void {
    this.#store.close();
    appendFileSync(this.#file, 'c0ffee00 {"type":"deleted","sequence":1}'.slice(0, torn));
    this.#store = this.#open();
  }
}

function playHistory(
  options: { readonly fifo: boolean; readonly redrive: boolean },
  steps: readonly Step[],
): void {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-queues-'));
  const client = new Client(folder, options);
  try {
    for (const action of steps) client.run(action);
    const missing = [...client.sent.keys()].filter((body) => !client.deleted.has(body));
    const drained = client.drain();
    expect([...new Set(drained)].sort()).toEqual(missing.sort());
    if (options.fifo && !options.redrive) requireGroupOrder(drained, client.sent);
  } finally {
    client.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function requireGroupOrder(bodies: readonly string[], groups: ReadonlyMap<string, string>): void {
  const last = new Map<string, string>();
  for (const body of bodies) {
    const group = groups.get(body) ?? '';
    expect(body > (last.get(group) ?? ''), `${body} after ${last.get(group)}`).toBe(true);
    last.set(group, body);
  }
}

it('loses no message and delivers none after its deletion, whatever happens to the process', () => {
  const options = fc.record({ fifo: fc.boolean(), redrive: fc.boolean() });
  const history = fc.array(step, { minLength: 5, maxLength: 60 });
  fc.assert(fc.property(options, history, playHistory), { numRuns: RUNS, seed: SEED });
});
