import { z } from 'zod';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';
import type { EventTarget } from './event-target.ts';
import { parseJsonPath } from './json-path.ts';

const arnOf = (service: string, resource: string): RegExp =>
  new RegExp(`^arn:aws:${service}:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${resource}$`);

/** Targets that are emulated. */
const TARGETS = {
  lambda: arnOf('lambda', 'function:[\\w-]{1,64}'),
  sqs: arnOf('sqs', '[\\w-]{1,80}(?:\\.fifo)?'),
  kinesis: arnOf('kinesis', 'stream/[\\w.-]{1,128}'),
};

export type TargetKind = keyof typeof TARGETS;

export function targetKind(arn: string): TargetKind | null {
  const kinds: readonly TargetKind[] = ['lambda', 'sqs', 'kinesis'];
  return kinds.find((kind) => TARGETS[kind].test(arn)) ?? null;
}

const targetArn = z.string().refine((arn) => targetKind(arn) !== null, {
  error: ({ input }) =>
    String(input).includes(':states:')
      ? 'the local cloud does not emulate Step Functions as a target; expected a function, queue or Kinesis stream of this account'
      : 'expected the ARN of a function, queue or Kinesis stream of this account; the local cloud emulates no other targets',
});
const queueArn = z.string().regex(TARGETS.sqs, { error: () => 'expected the ARN of a queue' });
const jsonPath = z.string().refine(isJsonPath, { error: () => 'expected a path such as $.detail' });

/** Source: EventBridge API reference, RetryPolicy. */
export const DEFAULT_RETRY_POLICY = { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 };

/** A target of a rule, in the API and in templates. Members of targets that are not emulated are unknown here. */
export const targetModel = z
  .strictObject({
    Id: z
      .string()
      .regex(/^[\w.-]{1,64}$/, { error: () => 'expected up to 64 letters, digits, dots, - and _' }),
    Arn: targetArn,
    /** Streams are written in a role; functions and queues have policies of their own. */
    RoleArn: z.string().optional(),
    Input: z
      .string()
      .max(8192)
      .refine(isJson, { error: () => 'expected JSON' })
      .optional(),
    InputPath: jsonPath.optional(),
    InputTransformer: z
      .strictObject({
        InputPathsMap: z.record(z.string().regex(/^[\w-]+$/), jsonPath).optional(),
        InputTemplate: z.string().min(1).max(8192),
      })
      .optional(),
    SqsParameters: z.strictObject({ MessageGroupId: z.string().min(1).max(128) }).optional(),
    KinesisParameters: z.strictObject({ PartitionKeyPath: jsonPath }).optional(),
    DeadLetterConfig: z.strictObject({ Arn: queueArn }).optional(),
    RetryPolicy: z
      .strictObject({
        MaximumRetryAttempts: z.int().min(0).max(185).optional(),
        MaximumEventAgeInSeconds: z.int().min(60).max(86_400).optional(),
      })
      .optional(),
  })
  .superRefine((target, context) => {
    const problem = findProblem(target);
    if (problem !== null) {
      context.addIssue({ code: 'custom', ...problem, input: target });
    }
  });

function findProblem(
  target: EventTarget,
): { readonly path: string[]; readonly message: string } | null {
  const kind = targetKind(target.Arn);
  const inputs = [target.Input, target.InputPath, target.InputTransformer];
  if (inputs.filter((each) => each !== undefined).length > 1) {
    return {
      path: ['Input'],
      message: 'Only one of Input, InputPath, or InputTransformer must be provided',
    };
  }
  if (kind === 'kinesis' && target.RoleArn === undefined) {
    return { path: ['RoleArn'], message: 'RoleArn is required for a Kinesis stream' };
  }
  if (kind !== 'kinesis' && target.RoleArn !== undefined) {
    return {
      path: ['RoleArn'],
      message:
        'RoleArn is not supported for functions and queues here; they have policies of their own',
    };
  }
  const isFifo = target.Arn.endsWith('.fifo');
  if (kind === 'sqs' && isFifo !== (target.SqsParameters !== undefined)) {
    return {
      path: ['SqsParameters'],
      message: 'MessageGroupId goes with FIFO queues and with no others',
    };
  }
  if (kind !== 'kinesis' && target.KinesisParameters !== undefined) {
    return { path: ['KinesisParameters'], message: 'expected a Kinesis stream as target' };
  }
  return null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isJsonPath(text: string): boolean {
  try {
    parseJsonPath(text);
    return true;
  } catch {
    return false;
  }
}
