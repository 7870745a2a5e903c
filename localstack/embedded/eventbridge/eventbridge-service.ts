import { randomUUID } from 'node:crypto';
import { serveJson } from '#embedded/gateway/json-protocol.ts';
import type { EventBridgeService, MetricsService } from '#embedded/services.ts';
import { parseTimetable } from '../scheduler/schedule-expression.ts';
import { EventDelivery } from './event-delivery.ts';
import type { TargetServices } from './invoke-target.ts';
import { busOperations } from './operations/bus-operations.ts';
import { acceptEvent, putEvents } from './operations/put-events.ts';
import { ruleOperations, setRule } from './operations/rule-operations.ts';
import { testEventPattern } from './operations/test-event-pattern.ts';
import { RuleStore, ruleArn } from './rule-store.ts';
import { ScheduledRules } from './scheduled-rules.ts';

export interface EventBridgeOptions {
  readonly stateDir: string;
  readonly services: TargetServices;
  /** Takes the rules' metrics. @default nobody */
  readonly metrics?: MetricsService;
  /** What a developer should know: events that no target took. @default ignored */
  readonly onNotice?: (text: string) => void;
  /** Epoch milliseconds. @default Date.now */
  readonly nowMs?: () => number;
  /** @default randomUUID */
  readonly newId?: () => string;
}

/** EventBridge's buses and rules in the AWS JSON 1.1 protocol. An accepted event survives SIGKILL until every target took it. */
export function openEventBridge(options: EventBridgeOptions): EventBridgeService {
  const { nowMs = Date.now, newId = randomUUID, onNotice = () => undefined } = options;
  const rules = new RuleStore(options.stateDir, nowMs());
  const { stateDir, services, metrics } = options;
  const delivery = new EventDelivery({ stateDir, rules, services, metrics, onNotice, nowMs });
  const schedules = new ScheduledRules({ stateDir, rules, delivery, onNotice, nowMs, newId });
  /** ARNs of the rules that templates held since the start. */
  const declared = new Set<string>();
  const context = { rules, delivery, nowMs, newId };
  const operations = {
    ...busOperations(context),
    ...ruleOperations(context),
    PutEvents: (input: Readonly<Record<string, unknown>>) => putEvents(context, input),
    TestEventPattern: testEventPattern,
  };
  return {
    handle: (request, response) =>
      serveJson(operations, request, { response, contentType: 'application/x-amz-json-1.1' }),
    close: async () => {
      schedules.close();
      delivery.close();
    },
    ensureBus: (name) => {
      if (rules.bus(name) === undefined) rules.setBus({ name, createdMs: nowMs() });
    },
    ensureRule: (rule) => {
      if (rule.schedule !== null) parseTimetable(rule.schedule, 'UTC');
      setRule(rules, { ...rule, fromTemplate: true });
      declared.add(ruleArn(rule));
    },
    accept: (event) => acceptEvent(context, 'default', event),
    start: () => {
      for (const rule of rules.rules()) {
        const isGone = rule.fromTemplate && !declared.has(ruleArn(rule));
        if (isGone) rules.deleteRule(rule.busName, rule.name);
      }
      delivery.start();
      schedules.start();
    },
    pending: () => delivery.pendingCount > 0,
  };
}
