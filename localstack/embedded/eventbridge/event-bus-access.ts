import type { EventTarget } from './event-target.ts';

/** Properties of AWS::Events::Rule, resolved. */
export interface EventRuleConfig {
  readonly busName: string;
  readonly name: string;
  readonly description: string | null;
  /** JSON; null for a rule that only a schedule starts. */
  readonly eventPattern: string | null;
  /** `rate(5 minutes)` or `cron(0 3 * * ? *)`, in UTC; null for a rule that only events start. */
  readonly schedule: string | null;
  readonly state: 'ENABLED' | 'DISABLED';
  readonly targets: EventTarget[];
}

/** What the template and other services do with buses. */
export interface EventBusAccess {
  ensureBus(name: string): void;
  /** Throws an AwsError as the API does. */
  ensureRule(rule: EventRuleConfig): void;
  /** Takes an event of an AWS service on the default bus; it is durable when this returns. */
  accept(event: { readonly id: string; readonly [member: string]: unknown }): void;
  /** Starts delivering; called once everything is deployed. */
  start(): void;
  /** True while an event is not delivered. */
  pending(): boolean;
}
