import type { MessageQueue } from '#ports/message-queue.ts';
import type { RandomSource } from './random-source.ts';
import type { Ending, Process, Scheduler } from './scheduler.ts';
import { FUNCTION_TIMEOUT_MS } from './shard-reader.ts';

interface Message {
  readonly body: string;
  visibleAtMs: number;
}

const LARGEST_BATCH = 10;
const WINDOW_MS = 120_000;

/** A standard queue: at least once, in any order. */
export class SimulatedQueue implements MessageQueue {
  readonly #messages: Message[] = [];
  readonly #scheduler: Scheduler;
  readonly #random: RandomSource;

  constructor(scheduler: Scheduler, random: RandomSource) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  async send(body: string): Promise<void> {
    const copies = this.#random.chance(0.05) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.#messages.push({ body, visibleAtMs: this.#scheduler.nowMs });
    }
  }

  isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** Gives messages to a function until `isOver`, window by window; what fails becomes visible again. */
  async deliver(
    invoke: (bodies: readonly string[]) => Process,
    isOver: () => boolean,
  ): Promise<void> {
    while (!isOver()) {
      await this.#scheduler.sleep(this.#random.between(1, WINDOW_MS));
      const batch = this.#receive();
      if (batch.length === 0) continue;
      const process = invoke(batch.map(({ body }) => body));
      const timeout = this.#scheduler
        .sleep(FUNCTION_TIMEOUT_MS)
        .then((): Ending => ({ kind: 'died' }));
      const ending = await Promise.race([process.ended, timeout]);
      if (ending.kind !== 'done') continue;
      for (const message of batch) this.#messages.splice(this.#messages.indexOf(message), 1);
    }
  }

  #receive(): readonly Message[] {
    const { nowMs } = this.#scheduler;
    const visible = this.#messages.filter((message) => message.visibleAtMs <= nowMs);
    const batch: Message[] = [];
    while (visible.length > 0 && batch.length < LARGEST_BATCH) {
      batch.push(...visible.splice(this.#random.below(visible.length), 1));
    }
    for (const message of batch) message.visibleAtMs = nowMs + FUNCTION_TIMEOUT_MS;
    return batch;
  }
}
