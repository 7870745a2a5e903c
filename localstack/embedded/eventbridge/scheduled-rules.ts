import path from 'node:path';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';
import { parseTimetable } from '../scheduler/schedule-expression.ts';
import { openScheduleState, type ScheduleState } from '../scheduler/schedule-state.ts';
import type { EventDelivery } from './event-delivery.ts';
import { type Rule, type RuleStore, ruleArn } from './rule-store.ts';
import { isoSeconds } from './target-input.ts';

export interface ScheduledRulesOptions {
  readonly stateDir: string;
  readonly rules: RuleStore;
  readonly delivery: EventDelivery;
  readonly onNotice: (text: string) => void;
  readonly nowMs: () => number;
  readonly newId: () => string;
}

const TICK_MS = 1000;
/** A rule runs within the minute after its time, or not at all. */
const PRECISION_MS = 60_000;

/** Starts rules with a schedule expression; in UTC, as EventBridge does. A run is recorded before its events are accepted. */
export class ScheduledRules {
  readonly #options: ScheduledRulesOptions;
  readonly #state: ScheduleState;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ScheduledRulesOptions) {
    this.#options = options;
    this.#state = openScheduleState(path.join(options.stateDir, 'schedules'));
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.tick();
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  tick(): void {
    for (const rule of this.#options.rules.rules()) {
      if (rule.schedule !== null && rule.state === 'ENABLED') this.#tickRule(rule, rule.schedule);
    }
  }

  #tickRule(rule: Rule, expression: string): void {
    const { nowMs, newId, onNotice, delivery } = this.#options;
    const now = nowMs();
    const arn = ruleArn(rule);
    const known = this.#state.get(arn);
    if (known === null || known.expression !== expression) {
      // A rate runs first when its time has passed once.
      this.#state.set(arn, { expression, anchorMs: now, lastRunMs: now });
      return;
    }
    const { anchorMs, lastRunMs } = known;
    const dueMs = parseTimetable(expression, 'UTC').nextRun(lastRunMs ?? anchorMs, anchorMs);
    if (dueMs === null || dueMs > now) return;
    const isMissed = dueMs <= now - PRECISION_MS;
    this.#state.set(arn, {
      expression,
      anchorMs,
      lastRunMs: isMissed ? now - PRECISION_MS : dueMs,
    });
    if (isMissed) {
      onNotice(`rule ${rule.name}: missed ${isoSeconds(dueMs)}; not made up`);
      return;
    }
    const event = {
      version: '0',
      id: newId(),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: LOCAL_ACCOUNT,
      time: isoSeconds(dueMs),
      region: LOCAL_REGION,
      resources: [arn],
      detail: {},
    };
    delivery.accept(rule.busName, event, [rule]);
  }
}
