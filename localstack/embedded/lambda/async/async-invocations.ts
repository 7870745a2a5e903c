import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { DurableTasks } from '#embedded/durable-tasks.ts';
import type {
  EventInvokeConfig,
  LambdaOutcome,
  MetricsService,
  SqsService,
} from '#embedded/services.ts';
import { AccessDeniedError, type PlatformAccess } from '../event-source/platform-access.ts';
import { isThrottle } from '../lambda-functions.ts';
import { type AsyncEvent, destinationRecord } from './destination-record.ts';
import { MemoryTasks } from './memory-tasks.ts';

export interface AsyncInvocationsOptions {
  /** Folder of the events; null keeps them in memory. */
  readonly stateDir: string | null;
  /** Rejects when the function was not invoked: it does not exist, or is throttled. */
  readonly invoke: (functionName: string, payload: Buffer) => Promise<LambdaOutcome>;
  /** Waits before the second and third attempt. */
  readonly retryDelaysMs: readonly number[];
  readonly sqs: Pick<SqsService, 'send'> | null;
  readonly access: PlatformAccess;
  readonly metrics: MetricsService | undefined;
  readonly onNotice: (text: string) => void;
}

const FORMAT = {
  name: 'sluice-invocations',
  version: 1,
  title: 'journal of asynchronous invocations',
};
/** Before a throttled event is tried again. Source: AWS Lambda, asynchronous invocation: 1 second at first, up to 5 minutes. */
const THROTTLED_MS = { first: 1000, most: 300_000 };
/** Source: Lambda API reference, PutFunctionEventInvokeConfig. */
const DEFAULTS = { maxRetryAttempts: 2, maxEventAgeSeconds: 21_600 };

type Condition = 'RetriesExhausted' | 'EventAgeExceeded' | 'Success';

/**
 * Events that functions get in the background, at least once: one that was accepted survives SIGKILL until it was processed
 * or given up. Attempts are counted in memory and begin anew with a restart.
 * Source: AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
 */
export class AsyncInvocations {
  readonly #options: AsyncInvocationsOptions;
  readonly #tasks: DurableTasks<AsyncEvent> | MemoryTasks<AsyncEvent>;
  readonly #configs = new Map<string, EventInvokeConfig>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Left over from before; `resume` takes them up. */
  #leftOver: readonly number[];
  #isClosed = false;

  constructor(options: AsyncInvocationsOptions) {
    this.#options = options;
    const { stateDir } = options;
    this.#tasks =
      stateDir === null
        ? new MemoryTasks()
        : new DurableTasks(path.join(stateDir, 'invocations.journal'), FORMAT);
    this.#leftOver = this.#tasks.ids();
  }

  configure(config: EventInvokeConfig): void {
    this.#configs.set(config.functionName, config);
  }

  /** When it returns, the event is durable. */
  accept(target: { readonly name: string; readonly arn: string }, payload: Buffer): void {
    const { name: functionName, arn: functionArn } = target;
    const id = this.#tasks.add({
      ...{ functionName, functionArn },
      payload: payload.toString('utf8'),
      requestId: randomUUID(),
      acceptedMs: Date.now(),
    });
    this.#count(functionName, 'AsyncEventsReceived');
    void this.#attempt(id, { attempt: 1, throttled: 0 });
  }

  /** Goes on with what an earlier process accepted; called once the functions are there. */
  resume(): void {
    for (const id of this.#leftOver) void this.#attempt(id, { attempt: 1, throttled: 0 });
    this.#leftOver = [];
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#tasks.close();
  }

  async #attempt(
    id: number,
    progress: { readonly attempt: number; readonly throttled: number },
  ): Promise<void> {
    const event = this.#isClosed ? null : this.#tasks.read(id);
    if (event === null) return;
    const { attempt, throttled } = progress;
    const { maxRetryAttempts, maxEventAgeSeconds } = this.#configOf(event.functionName);
    if (Date.now() - event.acceptedMs > maxEventAgeSeconds * 1000) {
      this.#finish(id, event, {
        condition: 'EventAgeExceeded',
        invokeCount: attempt - 1,
        outcome: null,
      });
      return;
    }
    let outcome: LambdaOutcome;
    try {
      outcome = await this.#options.invoke(event.functionName, Buffer.from(event.payload));
    } catch (error) {
      if (this.#isClosed) return;
      if (isThrottle(error)) {
        // Throttling uses up no attempt.
        const waitMs = Math.min(
          THROTTLED_MS.first * 2 ** Math.min(throttled, 20),
          THROTTLED_MS.most,
        );
        this.#later(id, { attempt, throttled: throttled + 1 }, waitMs);
        return;
      }
      const message = error instanceof Error ? error.message : String(error);
      this.#options.onNotice(
        `function ${event.functionName}: event ${event.requestId} is dropped: ${message}`,
      );
      this.#tasks.finish(id);
      return;
    }
    if (this.#isClosed) return;
    const delayMs = this.#options.retryDelaysMs[attempt - 1];
    if (outcome.kind === 'success') {
      this.#finish(id, event, { condition: 'Success', invokeCount: attempt, outcome });
    } else if (attempt <= maxRetryAttempts && delayMs !== undefined) {
      this.#later(id, { attempt: attempt + 1, throttled: 0 }, delayMs);
    } else {
      this.#finish(id, event, { condition: 'RetriesExhausted', invokeCount: attempt, outcome });
    }
  }

  #later(
    id: number,
    progress: { readonly attempt: number; readonly throttled: number },
    delayMs: number,
  ): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#attempt(id, progress);
    }, delayMs);
    timer.unref();
    this.#timers.add(timer);
  }

  #finish(
    id: number,
    event: AsyncEvent,
    end: {
      readonly condition: Condition;
      readonly invokeCount: number;
      readonly outcome: LambdaOutcome | null;
    },
  ): void {
    const { functionName } = event;
    const { onSuccessQueue, onFailureQueue } = this.#configOf(functionName);
    const isSuccess = end.condition === 'Success';
    const queueArn = isSuccess ? onSuccessQueue : onFailureQueue;
    if (!isSuccess && queueArn === null) this.#count(functionName, 'AsyncEventsDropped');
    if (queueArn !== null) this.#tellDestination(queueArn, event, destinationRecord(event, end));
    this.#tasks.finish(id);
  }

  /** In the function's role, as Lambda does. */
  #tellDestination(queueArn: string, { functionName, requestId }: AsyncEvent, body: string): void {
    const { access, sqs, onNotice } = this.#options;
    try {
      access.require(functionName, 'sqs:SendMessage', queueArn);
      if (sqs === null) throw new Error('there are no queues');
      sqs.send(queueArn, { body });
    } catch (error) {
      this.#count(functionName, 'DestinationDeliveryFailures');
      const reason = error instanceof Error ? error.message : String(error);
      const kind = error instanceof AccessDeniedError ? 'refused' : 'not reached';
      onNotice(`function ${functionName}: destination of event ${requestId} ${kind}: ${reason}`);
    }
  }

  #configOf(functionName: string): Omit<EventInvokeConfig, 'functionName'> {
    const none = { onSuccessQueue: null, onFailureQueue: null };
    return this.#configs.get(functionName) ?? { ...DEFAULTS, ...none };
  }

  #count(functionName: string, name: string): void {
    const dimensions = { FunctionName: functionName };
    this.#options.metrics?.put({
      namespace: 'AWS/Lambda',
      name,
      dimensions,
      value: 1,
      atMs: Date.now(),
    });
  }
}
