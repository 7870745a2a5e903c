import { z } from 'zod';
import { parseEventPattern } from '../../eventbridge/event-pattern.ts';
import { busArn, DEFAULT_BUS, ruleArn } from '../../eventbridge/rule-store.ts';
import { targetModel } from '../../eventbridge/target.ts';
import { parseTimetable } from '../../scheduler/schedule-expression.ts';
import { defineResourceType, type PropertyProblem, type ResourceType } from '../resource-type.ts';
import { tags } from './tags.ts';

/** Source: AWS CloudFormation, AWS::Events::Rule. */
const rule = z.strictObject({
  Name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, { error: () => 'expected up to 64 letters, digits, dots, - and _' })
    .optional(),
  Description: z.string().max(512).optional(),
  EventBusName: z.string().optional(),
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  ScheduleExpression: z.string().optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(targetModel).max(5).default([]),
  Tags: tags,
});
type Rule = z.infer<typeof rule>;

/** The bus by name or ARN. */
function busNameOf({ EventBusName }: Rule): string {
  if (EventBusName === undefined) return DEFAULT_BUS;
  return EventBusName.startsWith('arn:')
    ? EventBusName.slice(EventBusName.indexOf('/') + 1)
    : EventBusName;
}

function checkRule(properties: Rule): PropertyProblem[] {
  const { EventPattern, ScheduleExpression } = properties;
  const problem = (name: string, message: string): PropertyProblem[] => [
    { about: 'value', path: [name], message },
  ];
  if (EventPattern === undefined && ScheduleExpression === undefined) {
    return problem('EventPattern', 'expected an event pattern or a schedule expression');
  }
  if (ScheduleExpression !== undefined && busNameOf(properties) !== DEFAULT_BUS) {
    return problem('ScheduleExpression', 'schedules are for rules of the default bus only');
  }
  return [
    ...problemOf('EventPattern', () => {
      if (EventPattern !== undefined) parseEventPattern(JSON.stringify(EventPattern));
    }),
    ...problemOf('ScheduleExpression', () => {
      if (ScheduleExpression !== undefined) parseTimetable(ScheduleExpression, 'UTC');
    }),
  ];
}

function problemOf(name: string, check: () => void): PropertyProblem[] {
  try {
    check();
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ about: 'value', path: [name], message }];
  }
}

export const EVENTS_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::Events::Rule': defineResourceType({
    properties: rule,
    identify(properties, place) {
      const name = properties.Name ?? place.generatedName;
      const busName = busNameOf(properties);
      const ref = busName === DEFAULT_BUS ? name : `${busName}|${name}`;
      return { ref, attributes: { Arn: ruleArn({ busName, name }) } };
    },
    check: checkRule,
    ensure(properties, { services, place }) {
      const { EventPattern, ScheduleExpression } = properties;
      services.eventBridge.ensureRule({
        busName: busNameOf(properties),
        name: properties.Name ?? place.generatedName,
        description: properties.Description ?? null,
        eventPattern: EventPattern === undefined ? null : JSON.stringify(EventPattern),
        schedule: ScheduleExpression ?? null,
        state: properties.State,
        targets: properties.Targets,
      });
    },
  }),
  'AWS::Events::EventBus': defineResourceType({
    properties: z.strictObject({
      Name: z
        .string()
        .regex(/^(?!aws\.)[\w./-]{1,256}$/, { error: () => 'expected the name of an own bus' })
        .refine((name) => name !== DEFAULT_BUS, {
          error: () => 'the default bus is there already',
        }),
      Description: z.string().max(512).optional(),
      Tags: tags,
    }),
    identify: ({ Name }) => ({ ref: Name, attributes: { Name, Arn: busArn(Name) } }),
    ensure: (_properties, { services, identity }) => services.eventBridge.ensureBus(identity.ref),
  }),
};
