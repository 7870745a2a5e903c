import { busNameOf } from '#embedded/eventbridge/operations/request-members.ts';
import { busArn, ruleArn } from '#embedded/eventbridge/rule-store.ts';
import { type CallInput, EVERYTHING, type JsonCallTable, textMember } from './service-call.ts';

const busMember = (input: CallInput, member: string): string =>
  busNameOf(textMember(input, member) || undefined);

const onRule =
  (member: string) =>
  (input: CallInput): readonly string[] => [
    ruleArn({ busName: busMember(input, 'EventBusName'), name: textMember(input, member) }),
  ];
const onBus = (input: CallInput): readonly string[] => [busArn(busMember(input, 'Name'))];

function busesOfEntries(input: CallInput): readonly string[] {
  const entries: readonly unknown[] = Array.isArray(input['Entries']) ? input['Entries'] : [];
  const names = entries.map((entry) => busMember((entry ?? {}) as CallInput, 'EventBusName'));
  return [...new Set(names)].map(busArn);
}

/** Source: Service authorization reference, Amazon EventBridge. */
export const EVENTS_CALLS: JsonCallTable = {
  PutEvents: busesOfEntries,
  PutRule: onRule('Name'),
  DescribeRule: onRule('Name'),
  EnableRule: onRule('Name'),
  DisableRule: onRule('Name'),
  DeleteRule: onRule('Name'),
  PutTargets: onRule('Rule'),
  RemoveTargets: onRule('Rule'),
  ListTargetsByRule: onRule('Rule'),
  ListRules: EVERYTHING,
  ListRuleNamesByTarget: EVERYTHING,
  TestEventPattern: EVERYTHING,
  CreateEventBus: onBus,
  DescribeEventBus: onBus,
  DeleteEventBus: onBus,
  ListEventBuses: EVERYTHING,
};
