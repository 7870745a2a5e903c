import { parseTimetable } from '../../scheduler/schedule-expression.ts';
import type { EventTarget } from '../event-target.ts';
import { invalidPattern, notFound, ruleNotFound, validationError } from '../eventbridge-error.ts';
import { PatternError } from '../pattern-error.ts';
import { DEFAULT_BUS, type Rule, type RuleStore, ruleArn } from '../rule-store.ts';
import { targetModel } from '../target.ts';
import type { EventContext } from './put-events.ts';
import {
  busNameOf,
  type Input,
  optionalText,
  pageOf,
  requireEmulated,
  requireName,
} from './request-members.ts';

/** Source: EventBridge quotas, targets per rule. */
const MAX_TARGETS = 5;

/** Source: EventBridge API reference. */
export function ruleOperations({
  rules,
}: EventContext): Readonly<Record<string, (input: Input) => unknown>> {
  const find = (input: Input, member = 'Name'): Rule => {
    const name = requireName(input, member);
    const busName = requireBus(rules, input);
    const rule = rules.rule(busName, name);
    if (rule === undefined) throw ruleNotFound(name, busName);
    return rule;
  };
  return {
    PutRule: (input) => putRule(rules, input),
    DescribeRule: (input) => describe(find(input)),
    EnableRule: (input) => setRule(rules, { ...find(input), state: 'ENABLED' }),
    DisableRule: (input) => setRule(rules, { ...find(input), state: 'DISABLED' }),
    DeleteRule: (input) => deleteRule(rules, input),
    ListRules: (input) => {
      const busName = requireBus(rules, input);
      const prefix = optionalText(input, 'NamePrefix') ?? '';
      const listed = rules
        .rules()
        .filter((rule) => rule.busName === busName && rule.name.startsWith(prefix));
      const { page, next } = pageOf(byName(listed), input);
      return { Rules: page.map(describe), ...next };
    },
    ListRuleNamesByTarget: (input) => {
      const busName = requireBus(rules, input);
      const arn = optionalText(input, 'TargetArn');
      const listed = rules
        .rules()
        .filter((rule) => rule.busName === busName && rule.targets.some(({ Arn }) => Arn === arn));
      const { page, next } = pageOf(byName(listed), input);
      return { RuleNames: page.map(({ name }) => name), ...next };
    },
    PutTargets: (input) => putTargets(rules, find(input, 'Rule'), input),
    RemoveTargets: (input) => {
      const rule = find(input, 'Rule');
      const ids: readonly unknown[] = Array.isArray(input['Ids']) ? input['Ids'] : [];
      setRule(rules, { ...rule, targets: rule.targets.filter(({ Id }) => !ids.includes(Id)) });
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    ListTargetsByRule: (input) => {
      const { page, next } = pageOf(find(input, 'Rule').targets, input);
      return { Targets: page, ...next };
    },
  };
}

/** Throws InvalidEventPatternException. */
export function setRule(rules: RuleStore, rule: Rule): void {
  try {
    rules.setRule(rule);
  } catch (error) {
    if (error instanceof PatternError) throw invalidPattern(error.message);
    throw error;
  }
}

function putRule(rules: RuleStore, input: Input): unknown {
  requireEmulated(input, [
    'Name',
    'ScheduleExpression',
    'EventPattern',
    'State',
    'Description',
    'Tags',
    'EventBusName',
  ]);
  const name = requireName(input, 'Name');
  const busName = requireBus(rules, input);
  const eventPattern = optionalText(input, 'EventPattern') ?? null;
  const schedule = optionalText(input, 'ScheduleExpression') ?? null;
  if (eventPattern === null && schedule === null) {
    throw validationError('Parameter(s) EventPattern or ScheduleExpression must be specified.');
  }
  if (schedule !== null) requireSchedule(schedule, busName);
  const state = optionalText(input, 'State') ?? 'ENABLED';
  if (state !== 'ENABLED' && state !== 'DISABLED') {
    throw validationError(`State is ${state}, expected ENABLED or DISABLED`);
  }
  const description = optionalText(input, 'Description') ?? null;
  const { targets = [], fromTemplate = false } = rules.rule(busName, name) ?? {};
  const rule = { busName, name, description, eventPattern, schedule, state, fromTemplate } as const;
  setRule(rules, { ...rule, targets });
  return { RuleArn: ruleArn(rule) };
}

/** Throws ValidationException. Schedules are the default bus's alone. */
function requireSchedule(schedule: string, busName: string): void {
  if (busName !== DEFAULT_BUS) {
    throw validationError('ScheduleExpression is supported only on the default event bus.');
  }
  try {
    parseTimetable(schedule, 'UTC');
  } catch {
    throw validationError('Parameter ScheduleExpression is not valid.');
  }
}

function deleteRule(rules: RuleStore, input: Input): void {
  const name = requireName(input, 'Name');
  const busName = requireBus(rules, input);
  const rule = rules.rule(busName, name);
  if (rule === undefined) return;
  if (rule.targets.length > 0) {
    throw validationError("Rule can't be deleted since it has targets.");
  }
  rules.deleteRule(busName, name);
}

function putTargets(rules: RuleStore, rule: Rule, input: Input): unknown {
  const given: readonly unknown[] = Array.isArray(input['Targets']) ? input['Targets'] : [];
  if (given.length === 0) {
    throw validationError(
      "1 validation error detected: Value at 'targets' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  }
  const targets = new Map(rule.targets.map((target) => [target.Id, target]));
  for (const each of given) {
    const target = readTarget(each);
    targets.set(target.Id, target);
  }
  if (targets.size > MAX_TARGETS) {
    throw validationError(
      `The requested resource exceeds the maximum number allowed: ${MAX_TARGETS} targets per rule.`,
    );
  }
  setRule(rules, { ...rule, targets: [...targets.values()] });
  return { FailedEntryCount: 0, FailedEntries: [] };
}

function readTarget(value: unknown): EventTarget {
  const parsed = targetModel.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    throw validationError(
      `the local cloud does not emulate ${issue.keys.join(', ')} of targets; leave it out`,
    );
  }
  throw validationError(
    `Parameter ${issue?.path.join('.')} is not valid. Reason: ${issue?.message}.`,
  );
}

function requireBus(rules: RuleStore, input: Input): string {
  const name = busNameOf(optionalText(input, 'EventBusName'));
  if (rules.bus(name) !== undefined) return name;
  throw notFound(`Event bus ${name} does not exist.`);
}

function byName(list: readonly Rule[]): readonly Rule[] {
  return [...list].sort((left, right) => (left.name < right.name ? -1 : 1));
}

function describe(rule: Rule): unknown {
  return {
    Name: rule.name,
    Arn: ruleArn(rule),
    State: rule.state,
    EventBusName: rule.busName,
    ...(rule.description === null ? {} : { Description: rule.description }),
    ...(rule.eventPattern === null ? {} : { EventPattern: rule.eventPattern }),
    ...(rule.schedule === null ? {} : { ScheduleExpression: rule.schedule }),
  };
}
