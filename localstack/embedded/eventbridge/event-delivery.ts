import path from 'node:path';
import { DurableTasks } from '#embedded/durable-tasks.ts';
import type { MetricsService } from '#embedded/services.ts';
import { TimeHeap } from '#embedded/time-heap.ts';
import type { EventTarget } from './event-target.ts';
import {
  invokeTarget,
  sendDeadLetter,
  type TargetFailure,
  type TargetServices,
} from './invoke-target.ts';
import { type Rule, type RuleStore, ruleArn } from './rule-store.ts';
import { DEFAULT_RETRY_POLICY } from './target.ts';
import { targetInput } from './target-input.ts';

/** An event as targets get it. Source: EventBridge user guide, "AWS service event structure". */
export interface BusEvent {
  readonly id: string;
  readonly [member: string]: unknown;
}

/** One event on its way to one target. */
interface Delivery {
  readonly busName: string;
  readonly ruleName: string;
  readonly targetId: string;
  readonly event: BusEvent;
  readonly acceptedMs: number;
}

export interface EventDeliveryOptions {
  readonly stateDir: string;
  readonly rules: RuleStore;
  readonly services: TargetServices;
  readonly metrics: MetricsService | undefined;
  readonly onNotice: (text: string) => void;
  readonly nowMs: () => number;
}

const FORMAT = { name: 'sluice-events', version: 1, title: 'journal of events' };
const NAMESPACE = 'AWS/Events';
/** AWS backs off exponentially with jitter and names no figures. */
const RETRY_MS = { first: 1000, most: 60_000 };
const MAX_TIMER_MS = 60_000;

/**
 * Brings accepted events to their targets, at least once: an event is kept until the target took it, the retry policy
 * ended, or its dead letter was written. Attempts are counted in memory and begin anew with a restart.
 */
export class EventDelivery {
  readonly #options: EventDeliveryOptions;
  readonly #tasks: DurableTasks<Delivery>;
  readonly #due = new TimeHeap<{ readonly id: number; readonly attempt: number }>();
  #timer: NodeJS.Timeout | undefined;
  #phase: 'stopped' | 'started' | 'closed' = 'stopped';

  constructor(options: EventDeliveryOptions) {
    this.#options = options;
    this.#tasks = new DurableTasks(path.join(options.stateDir, 'events.journal'), FORMAT);
    for (const id of this.#tasks.ids()) this.#due.add(0, { id, attempt: 1 });
  }

  /** Deliveries that are not done. */
  get pendingCount(): number {
    return this.#tasks.size;
  }

  /** Keeps an event for every target of these rules; when it returns, the event is durable. */
  accept(busName: string, event: BusEvent, rules: readonly Rule[]): void {
    const acceptedMs = this.#options.nowMs();
    for (const rule of rules) {
      this.#count(rule.name, 'TriggeredRules');
      for (const { Id: targetId } of rule.targets) {
        const id = this.#tasks.add({ busName, ruleName: rule.name, targetId, event, acceptedMs });
        this.#due.add(0, { id, attempt: 1 });
      }
    }
    this.#wakeLater();
  }

  start(): void {
    if (this.#phase !== 'stopped') return;
    this.#phase = 'started';
    this.#wakeLater();
  }

  close(): void {
    this.#phase = 'closed';
    clearTimeout(this.#timer);
    this.#tasks.close();
  }

  #wakeLater(): void {
    if (this.#phase !== 'started' || this.#due.size === 0) return;
    clearTimeout(this.#timer);
    const waitMs = Math.max(0, this.#due.nextMs - this.#options.nowMs());
    this.#timer = setTimeout(() => this.#run(), Math.min(waitMs, MAX_TIMER_MS));
    this.#timer.unref();
  }

  /** What is due; a share of it at a time, so that others get their turn. */
  #run(): void {
    for (let count = 0; count < 100; count += 1) {
      const due = this.#due.takeDue(this.#options.nowMs());
      if (due === null) break;
      this.#attemptSafely(due.value);
    }
    this.#wakeLater();
  }

  #attemptSafely(due: { readonly id: number; readonly attempt: number }): void {
    try {
      this.#attempt(due);
    } catch (error) {
      // The journal cannot be read or written: the event stays, and is tried again.
      this.#options.onNotice(`event delivery: ${error instanceof Error ? error.message : error}`);
      this.#due.add(this.#options.nowMs() + RETRY_MS.most, due);
    }
  }

  #attempt({ id, attempt }: { readonly id: number; readonly attempt: number }): void {
    const delivery = this.#tasks.read(id);
    if (delivery === null) return;
    const { rules, services, onNotice, nowMs } = this.#options;
    const rule = rules.rule(delivery.busName, delivery.ruleName);
    const target = rule?.targets.find(({ Id }) => Id === delivery.targetId);
    if (rule === undefined || target === undefined) {
      onNotice(
        `rule ${delivery.ruleName}: target ${delivery.targetId} is gone, event ${delivery.event.id} is dropped`,
      );
      this.#tasks.finish(id);
      return;
    }
    const { event, acceptedMs } = delivery;
    const arn = ruleArn(rule);
    const input = targetInput(target, event, { ruleArn: arn, ruleName: rule.name, acceptedMs });
    this.#count(rule.name, 'Invocations');
    const failure = invokeTarget(
      target,
      { ruleArn: arn, event, eventId: event.id, input },
      services,
    );
    if (failure === null) {
      this.#tasks.finish(id);
      return;
    }
    const waitMs = Math.min(RETRY_MS.first * 2 ** Math.min(attempt - 1, 20), RETRY_MS.most);
    const exhausted = exhaustedBy(target, failure, {
      attempt,
      ageMs: nowMs() + waitMs - acceptedMs,
    });
    if (exhausted === null) {
      if (attempt === 1) onNotice(`rule ${rule.name}: ${failure.message}; trying again`);
      this.#due.add(nowMs() + waitMs, { id, attempt: attempt + 1 });
      return;
    }
    this.#giveUp(delivery, { rule, target, failure, attempt, exhausted });
    this.#tasks.finish(id);
  }

  /** Source: EventBridge user guide, "Using dead-letter queues to process undelivered events". */
  #giveUp(
    { event }: Delivery,
    end: {
      readonly rule: Rule;
      readonly target: EventTarget;
      readonly failure: TargetFailure;
      readonly attempt: number;
      readonly exhausted: string;
    },
  ): void {
    const { rule, target, failure, attempt } = end;
    const { services, onNotice } = this.#options;
    this.#count(rule.name, 'FailedInvocations');
    const queue = target.DeadLetterConfig?.Arn;
    const story = `rule ${rule.name}: target ${target.Id} did not take event ${event.id}: ${failure.message}`;
    if (queue === undefined) {
      onNotice(`${story}; it is dropped`);
      return;
    }
    const problem = sendDeadLetter(
      queue,
      {
        ruleArn: ruleArn(rule),
        body: JSON.stringify(event),
        attributes: {
          RULE_ARN: ruleArn(rule),
          TARGET_ARN: target.Arn,
          ERROR_CODE: failure.code,
          ERROR_MESSAGE: failure.message,
          ...(failure.retriable
            ? { EXHAUSTED_RETRY_CONDITION: end.exhausted, RETRY_ATTEMPTS: String(attempt - 1) }
            : {}),
        },
      },
      services,
    );
    this.#count(
      rule.name,
      problem === null ? 'InvocationsSentToDlq' : 'InvocationsFailedToBeSentToDlq',
    );
    if (problem !== null) onNotice(`${story}; its dead letter was refused: ${problem}`);
  }

  #count(ruleName: string, name: string): void {
    const { metrics, nowMs } = this.#options;
    metrics?.put({
      namespace: NAMESPACE,
      name,
      dimensions: { RuleName: ruleName },
      value: 1,
      atMs: nowMs(),
    });
  }
}

/** Why there is no further attempt; null when there is one. */
function exhaustedBy(
  target: EventTarget,
  failure: TargetFailure,
  progress: { readonly attempt: number; readonly ageMs: number },
): string | null {
  if (!failure.retriable) return 'NotRetriable';
  const policy = { ...DEFAULT_RETRY_POLICY, ...target.RetryPolicy };
  if (progress.attempt > (policy.MaximumRetryAttempts ?? 0)) return 'MaximumRetryAttempts';
  if (progress.ageMs > (policy.MaximumEventAgeInSeconds ?? 0) * 1000)
    return 'MaximumEventAgeInSeconds';
  return null;
}
