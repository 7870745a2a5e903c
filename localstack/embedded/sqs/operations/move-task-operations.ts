import { randomUUID } from 'node:crypto';
import type { Message, Queue } from '../queue.ts';
import { queueArn, queueNameOfArn } from '../queue-arn.ts';
import { redrivePolicyOf } from '../queue-attributes.ts';
import type { QueueStore } from '../queue-store.ts';
import { invalidParameter, SqsError, unsupportedOperation } from '../sqs-error.ts';
import { type Input, optionalInteger, optionalText, requireText } from './request-members.ts';

/** Source: Amazon SQS API reference, StartMessageMoveTask. */
const MAX_PER_SECOND = 500;
const TICK_MS = 100;
const MAX_LISTED = 10;

interface MoveTask {
  readonly id: string;
  readonly handle: string;
  readonly sourceArn: string;
  /** Null: back to where each message came from. */
  readonly destinationArn: string | null;
  readonly maxPerSecond: number | null;
  readonly startedMs: number;
  readonly toMove: number;
  moved: number;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED';
  failureReason: string | null;
}

/** Moves messages out of dead-letter queues. Tasks live in memory: one that a restart ends leaves the rest in its queue. */
export class MoveTasks {
  readonly #store: QueueStore;
  readonly #tasks: MoveTask[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(store: QueueStore) {
    this.#store = store;
  }

  start(input: Input): unknown {
    const source = this.#requireQueue(requireText(input, 'SourceArn'), 'SourceArn');
    const destinationArn = optionalText(input, 'DestinationArn') ?? null;
    const destination =
      destinationArn === null ? null : this.#requireQueue(destinationArn, 'DestinationArn');
    const perSecond = optionalInteger(input, 'MaxNumberOfMessagesPerSecond', {
      min: 1,
      max: MAX_PER_SECOND,
    });
    const sourceArn = queueArn(source.settings.name);
    const isDeadLetterQueue = this.#store
      .queues()
      .some((queue) => redrivePolicyOf(queue)?.deadLetterTargetArn === sourceArn);
    if (!isDeadLetterQueue) {
      throw invalidParameter('Source queue must be configured as a Dead Letter Queue.');
    }
    if (destination === source) {
      throw invalidParameter('Source queue arn and destination queue arn must be different.');
    }
    const running = this.#tasks.some(
      (task) => task.sourceArn === sourceArn && task.status === 'RUNNING',
    );
    if (running)
      throw unsupportedOperation(
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      );
    const id = randomUUID();
    const task: MoveTask = {
      id,
      handle: Buffer.from(JSON.stringify({ taskId: id, sourceArn })).toString('base64'),
      ...{ sourceArn, destinationArn, maxPerSecond: perSecond ?? null },
      startedMs: this.#store.nowMs(),
      toMove: source.visibleCount,
      moved: 0,
      status: 'RUNNING',
      failureReason: null,
    };
    this.#tasks.unshift(task);
    this.#runLater(task, 0);
    return { TaskHandle: task.handle };
  }

  list(input: Input): unknown {
    const source = this.#requireQueue(requireText(input, 'SourceArn'), 'SourceArn');
    const arn = queueArn(source.settings.name);
    const limit = optionalInteger(input, 'MaxResults', { min: 1, max: MAX_LISTED }) ?? 1;
    const tasks = this.#tasks.filter(({ sourceArn }) => sourceArn === arn).slice(0, limit);
    return { Results: tasks.map(describe) };
  }

  cancel(input: Input): unknown {
    const handle = requireText(input, 'TaskHandle');
    const task = this.#tasks.find((each) => each.handle === handle);
    if (task === undefined) throw notFound('Task does not exist.');
    if (task.status !== 'RUNNING') {
      throw unsupportedOperation('Only active tasks can be cancelled.');
    }
    task.status = 'CANCELLED';
    return { ApproximateNumberOfMessagesMoved: task.moved };
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #runLater(task: MoveTask, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#run(task);
    }, delayMs);
    timer.unref();
    this.#timers.add(timer);
  }

  #run(task: MoveTask): void {
    if (task.status !== 'RUNNING') return;
    try {
      const source = this.#requireQueue(task.sourceArn, 'SourceArn');
      this.#store.expire(source);
      source.showDue(this.#store.nowMs());
      const perTick = Math.ceil(((task.maxPerSecond ?? MAX_PER_SECOND) * TICK_MS) / 1000);
      const messages = source.next(Math.min(perTick, task.toMove - task.moved));
      for (const message of messages) this.#move(task, message);
      if (messages.length === 0 || task.moved >= task.toMove) task.status = 'COMPLETED';
      else
        this.#runLater(task, task.maxPerSecond === null ? 0 : (1000 * perTick) / task.maxPerSecond);
    } catch (error) {
      task.status = 'FAILED';
      task.failureReason = error instanceof Error ? error.message : String(error);
    }
  }

  /** A message that is moved starts anew. Source: Amazon SQS developer guide, "Configuring a dead-letter queue redrive". */
  #move(task: MoveTask, message: Message): void {
    const target = task.destinationArn ?? message.deadLetterSource;
    if (target === null) throw new Error('CouldNotDetermineMessageSource');
    const to = this.#requireQueue(target, 'DestinationArn');
    this.#store.commit([
      {
        type: 'moved',
        sequence: message.sequence,
        toQueue: to.settings.name,
        newSequence: this.#store.nextSequence(),
        deadLetterSource: null,
        renewed: { messageId: randomUUID(), sentMs: this.#store.nowMs() },
      },
    ]);
    task.moved += 1;
  }

  #requireQueue(arn: string, member: string): Queue {
    const queue = this.#store.find(queueNameOfArn(arn) ?? '');
    if (queue !== undefined) return queue;
    throw notFound(`The resource that you specified for the ${member} parameter doesn't exist.`);
  }
}

function describe(task: MoveTask): unknown {
  return {
    ...(task.status === 'RUNNING' ? { TaskHandle: task.handle } : {}),
    Status: task.status,
    SourceArn: task.sourceArn,
    ...(task.destinationArn === null ? {} : { DestinationArn: task.destinationArn }),
    ...(task.maxPerSecond === null ? {} : { MaxNumberOfMessagesPerSecond: task.maxPerSecond }),
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    ...(task.failureReason === null ? {} : { FailureReason: task.failureReason }),
    StartedTimestamp: task.startedMs,
  };
}

function notFound(message: string): SqsError {
  return new SqsError('ResourceNotFoundException', message);
}
