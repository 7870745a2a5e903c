import { randomUUID } from 'node:crypto';
import type {
  LambdaService,
  ScheduleConfig,
  SchedulerService,
  SqsService,
} from '#embedded/services.ts';
import { parseTimetable, type Timetable } from './schedule-expression.ts';
import { isQueue, mayInvoke, type ScheduleRoles } from './schedule-role.ts';
import { openScheduleState, type ScheduleState } from './schedule-state.ts';
import { type Delivery, targetInput } from './target-input.ts';

export interface SchedulerOptions {
  /** Folder of what survives a restart. */
  readonly stateDir: string;
  readonly lambda: Pick<LambdaService, 'invokeLater'>;
  /** Queues as targets and for dead letters. @default there are none */
  readonly sqs?: Pick<SqsService, 'send'>;
  /** Decides what a schedule's role may do. @default everything is allowed */
  readonly iam?: ScheduleRoles;
  /** What a developer should know: a run that was missed, or could not be delivered. */
  readonly onNotice: (text: string) => void;
  /** Epoch milliseconds. @default Date.now */
  readonly nowMs?: () => number;
  /** @default randomUUID */
  readonly newId?: () => string;
  /** How often the clock is looked at. @default 1000 */
  readonly tickMs?: number;
}

export interface LocalScheduler extends SchedulerService {
  /** Starts every run that is due, and tries those again that could not be delivered. */
  tick(): void;
}

const TICK_MS = 1000;
/** A run starts within the minute after its time, or not at all. Source: EventBridge Scheduler, "60 second precision". */
const PRECISION_MS = 60_000;
/** AWS backs off exponentially without naming figures. */
const RETRY_MS = { first: 1000, most: 60_000 };

interface Schedule {
  config: ScheduleConfig;
  timetable: Timetable;
  /** Null when the schedule is disabled or has no run left. */
  nextMs: number | null;
}

interface PendingDelivery extends Delivery {
  readonly config: ScheduleConfig;
  readonly dueMs: number;
}

/**
 * EventBridge Scheduler for Lambda functions and queues. Invocations are asynchronous: an error of the function is Lambda's to retry, a
 * refused invocation is retried here. A run is recorded before it starts, so a crash may lose it and never repeats it; runs
 * whose time passed while the local cloud was down are not made up.
 */
export function createScheduler(options: SchedulerOptions): LocalScheduler {
  const nowMs = options.nowMs ?? Date.now;
  const newId = options.newId ?? randomUUID;
  const state = openScheduleState(options.stateDir);
  const schedules = new Map<string, Schedule>();
  let pending: PendingDelivery[] = [];
  let timer: NodeJS.Timeout | undefined;

  const deliver = (delivery: PendingDelivery): void => {
    const problem = invoke(delivery, options);
    if (problem === null) return;
    const retry = nextAttempt(delivery, nowMs());
    if (retry !== null) pending.push(retry);
    const { name } = delivery.config;
    // A refusal that lasts is told once, and once more when nobody tries any longer.
    if (delivery.attempt === 1) options.onNotice(`schedule ${name}: ${problem}; trying again`);
    if (retry === null) {
      options.onNotice(`schedule ${name}: given up after ${delivery.attempt} attempts: ${problem}`);
      const lost = writeDeadLetter(delivery, problem, options);
      if (lost !== null) options.onNotice(`schedule ${name}: no dead letter: ${lost}`);
    }
  };

  const startRun = (schedule: Schedule, scheduledMs: number): void => {
    const { config } = schedule;
    recordRun(state, config, scheduledMs);
    deliver({ config, scheduledMs, executionId: newId(), attempt: 1, dueMs: scheduledMs });
  };

  const tickOne = (schedule: Schedule): void => {
    const now = nowMs();
    if (schedule.nextMs === null || schedule.nextMs > now) return;
    const { config, timetable } = schedule;
    if (schedule.nextMs > now - PRECISION_MS) startRun(schedule, schedule.nextMs);
    else options.onNotice(`schedule ${config.name}: missed ${iso(schedule.nextMs)}; not made up`);
    const { anchorMs } = recordOf(state, config, now);
    schedule.nextMs = timetable.nextRun(Math.max(schedule.nextMs, now - PRECISION_MS), anchorMs);
  };

  const tick = (): void => {
    const due = pending.filter(({ dueMs }) => dueMs <= nowMs());
    pending = pending.filter((delivery) => !due.includes(delivery));
    for (const delivery of due) deliver(delivery);
    for (const schedule of schedules.values()) tickOne(schedule);
  };

  return {
    ensureSchedule: (config) => {
      const timetable = parseTimetable(config.expression, config.timeZone);
      const now = nowMs();
      const { anchorMs, lastRunMs } = recordOf(state, config, now);
      const afterMs = Math.max(lastRunMs ?? anchorMs - 1, now - PRECISION_MS);
      const nextMs = config.enabled ? timetable.nextRun(afterMs, anchorMs) : null;
      schedules.set(config.name, { config, timetable, nextMs });
    },
    start: () => {
      if (timer !== undefined) return;
      tick();
      timer = setInterval(tick, options.tickMs ?? TICK_MS);
      timer.unref();
    },
    tick,
    close: async () => {
      clearInterval(timer);
      schedules.clear();
      pending = [];
    },
  };
}

/** What is on record; a schedule that is new, or got another expression, starts now. */
function recordOf(
  state: ScheduleState,
  { name, expression }: ScheduleConfig,
  nowMs: number,
): { readonly anchorMs: number; readonly lastRunMs: number | null } {
  const known = state.get(name);
  if (known !== null && known.expression === expression) return known;
  const created = { expression, anchorMs: nowMs, lastRunMs: null };
  state.set(name, created);
  return created;
}

function recordRun(state: ScheduleState, config: ScheduleConfig, runMs: number): void {
  const { anchorMs } = recordOf(state, config, runMs);
  state.set(config.name, { expression: config.expression, anchorMs, lastRunMs: runMs });
}

/** Null when Lambda accepted the invocation, else why not. */
function invoke(
  { config, ...delivery }: PendingDelivery,
  { iam, lambda, sqs }: SchedulerOptions,
): string | null {
  try {
    const refusal = iam === undefined ? null : mayInvoke(iam, config);
    if (refusal !== null) return refusal;
    const input = targetInput(config, delivery);
    if (!isQueue(config.targetArn)) lambda.invokeLater(config.targetArn, Buffer.from(input));
    else
      requireQueues(sqs).send(config.targetArn, {
        body: input,
        groupId: config.messageGroupId ?? undefined,
      });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function requireQueues(sqs: SchedulerOptions['sqs']): Pick<SqsService, 'send'> {
  if (sqs === undefined) throw new Error('there are no queues');
  return sqs;
}

/** Null when it was written, or none is wanted. Source: EventBridge Scheduler User Guide, "Configuring a dead-letter queue". */
function writeDeadLetter(
  { config, attempt, ...delivery }: PendingDelivery,
  problem: string,
  { iam, sqs }: SchedulerOptions,
): string | null {
  const { deadLetterQueue } = config;
  if (deadLetterQueue === null) return null;
  const texts = {
    ERROR_CODE: 'TargetError',
    ERROR_MESSAGE: problem,
    EXHAUSTED_RETRY_CONDITION:
      attempt > config.maxRetryAttempts ? 'MaximumRetryAttempts' : 'MaximumEventAgeInSeconds',
    RETRY_ATTEMPTS: String(attempt - 1),
    SCHEDULE_ARN: config.arn,
    TARGET_ARN: config.targetArn,
  };
  const attributes = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, { DataType: 'String', StringValue: text }]),
  );
  try {
    const refusal =
      iam === undefined ? null : mayInvoke(iam, { ...config, targetArn: deadLetterQueue });
    if (refusal !== null) return refusal;
    const body = targetInput(config, { ...delivery, attempt });
    requireQueues(sqs).send(deadLetterQueue, { body, attributes });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The delivery again, later; null when the schedule's retry policy ends here. */
function nextAttempt(delivery: PendingDelivery, nowMs: number): PendingDelivery | null {
  const { config, attempt, scheduledMs } = delivery;
  const waitMs = Math.min(RETRY_MS.first * 2 ** Math.min(attempt - 1, 20), RETRY_MS.most);
  const dueMs = nowMs + waitMs;
  const isTooOld = dueMs - scheduledMs > config.maxEventAgeSeconds * 1000;
  if (attempt > config.maxRetryAttempts || isTooOld) return null;
  return { ...delivery, attempt: attempt + 1, dueMs };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
