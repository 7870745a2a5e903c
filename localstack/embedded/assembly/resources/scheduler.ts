import { z } from 'zod';
import { parseTimetable } from '../../scheduler/schedule-expression.ts';
import { assumeScheduleRole } from '../../scheduler/schedule-role.ts';
import { localArn } from '../local-arn.ts';
import {
  defineResourceType,
  type EnsureContext,
  type PropertyProblem,
  type ResourceType,
} from '../resource-type.ts';

/** Defaults as AWS has them. Source: AWS CloudFormation, AWS::Scheduler::Schedule. */
const DEFAULT_RETRY = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 };

/** A recurring schedule of a function or queue; one-time schedules and flexible windows are refused. */
const schedule = z.strictObject({
  Name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, { error: () => 'expected up to 64 letters, digits, dots, - and _' })
    .optional(),
  Description: z.string().max(512).optional(),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string().default('UTC'),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF') }),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Target: z.strictObject({
    Arn: z
      .string()
      .regex(/^arn:aws:(lambda:[^:]+:\d{12}:function:[\w-]+|sqs:[^:]+:\d{12}:[\w.-]+)$/, {
        error: () => 'expected the ARN of a function or queue',
      }),
    RoleArn: z.string(),
    Input: z
      .string()
      .refine(isJson, { error: () => 'expected JSON' })
      .optional(),
    SqsParameters: z.strictObject({ MessageGroupId: z.string().min(1).max(128) }).optional(),
    DeadLetterConfig: z
      .strictObject({
        Arn: z.string().regex(/^arn:aws:sqs:[^:]+:\d{12}:[\w-]+$/, {
          error: () => 'expected the ARN of a standard queue',
        }),
      })
      .optional(),
    RetryPolicy: z
      .strictObject({
        MaximumEventAgeInSeconds: z
          .int()
          .min(60)
          .max(86_400)
          .default(DEFAULT_RETRY.MaximumEventAgeInSeconds),
        MaximumRetryAttempts: z.int().min(0).max(185).default(DEFAULT_RETRY.MaximumRetryAttempts),
      })
      .default(DEFAULT_RETRY),
  }),
});
type Schedule = z.infer<typeof schedule>;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function checkTimetable(properties: Schedule): PropertyProblem[] {
  const { Arn, SqsParameters } = properties.Target;
  if (Arn.endsWith('.fifo') !== (SqsParameters !== undefined)) {
    const message = 'MessageGroupId goes with FIFO queues and with no other target';
    return [{ about: 'value', path: ['Target', 'SqsParameters'], message }];
  }
  try {
    parseTimetable(properties.ScheduleExpression, properties.ScheduleExpressionTimezone);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ about: 'value', path: ['ScheduleExpression'], message }];
  }
}

function ensureSchedule(properties: Schedule, { services, identity }: EnsureContext): void {
  const { Arn, RoleArn, Input, RetryPolicy, SqsParameters, DeadLetterConfig } = properties.Target;
  // EventBridge Scheduler takes a role only when it can assume it.
  assumeScheduleRole(services.iam, { name: identity.ref, roleArn: RoleArn });
  services.scheduler.ensureSchedule({
    name: identity.ref,
    arn: identity.attributes['Arn'] ?? '',
    expression: properties.ScheduleExpression,
    timeZone: properties.ScheduleExpressionTimezone,
    enabled: properties.State === 'ENABLED',
    targetArn: Arn,
    messageGroupId: SqsParameters?.MessageGroupId ?? null,
    deadLetterQueue: DeadLetterConfig?.Arn ?? null,
    roleArn: RoleArn,
    input: Input ?? null,
    maxRetryAttempts: RetryPolicy.MaximumRetryAttempts,
    maxEventAgeSeconds: RetryPolicy.MaximumEventAgeInSeconds,
  });
}

export const SCHEDULER_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::Scheduler::Schedule': defineResourceType({
    properties: schedule,
    identify(properties, place) {
      const name = properties.Name ?? place.generatedName;
      return { ref: name, attributes: { Arn: localArn('scheduler', `schedule/default/${name}`) } };
    },
    check: checkTimetable,
    ensure: ensureSchedule,
  }),
};
