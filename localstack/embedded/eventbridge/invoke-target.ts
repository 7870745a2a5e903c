import { AwsError } from '#embedded/gateway/json-protocol.ts';
import {
  type IamService,
  type LambdaService,
  LOCAL_ACCOUNT,
  type SqsService,
} from '#embedded/services.ts';
import type { EventTarget } from './event-target.ts';
import { valueAt } from './json-path.ts';
import { targetKind } from './target.ts';

export interface TargetServices {
  readonly lambda: Pick<LambdaService, 'invokeLater'>;
  readonly sqs: Pick<SqsService, 'send'>;
  /** Throws when the record is not stored. */
  readonly putRecord: (
    streamName: string,
    record: { readonly partitionKey: string; readonly data: Buffer },
  ) => unknown;
  /** Decides what rules may do. @default everything is allowed */
  readonly iam?: Pick<IamService, 'authorize' | 'assumeRole'>;
}

/** Why a target did not take an event; as the attributes of a dead letter name it. */
export interface TargetFailure {
  readonly code: string;
  readonly message: string;
  /** False where another attempt cannot help: no permission, no such target. */
  readonly retriable: boolean;
}

const SERVICE = 'events.amazonaws.com';

/** Gives an event to its target; null when the target took it. */
export function invokeTarget(
  target: EventTarget,
  delivery: {
    readonly ruleArn: string;
    readonly event: unknown;
    readonly eventId: string;
    readonly input: string;
  },
  services: TargetServices,
): TargetFailure | null {
  const refusal = refusalOf(target, delivery.ruleArn, services);
  if (refusal !== null) return { code: 'NO_PERMISSIONS', message: refusal, retriable: false };
  try {
    hand(target, delivery, services);
    return null;
  } catch (error) {
    return failureOf(error);
  }
}

function hand(
  target: EventTarget,
  {
    event,
    eventId,
    input,
  }: { readonly event: unknown; readonly eventId: string; readonly input: string },
  services: TargetServices,
): void {
  switch (targetKind(target.Arn)) {
    case 'lambda':
      services.lambda.invokeLater(target.Arn, Buffer.from(input));
      return;
    case 'sqs':
      sendToQueue(target, input, services);
      return;
    case 'kinesis': {
      const path = target.KinesisParameters?.PartitionKeyPath;
      const key = path === undefined ? eventId : valueAt(event, path);
      const streamName = target.Arn.slice(target.Arn.indexOf('/') + 1);
      const partitionKey = typeof key === 'string' ? key : JSON.stringify(key ?? eventId);
      services.putRecord(streamName, { partitionKey, data: Buffer.from(input) });
      return;
    }
    case null:
      throw new AwsError('ResourceNotFoundException', `${target.Arn} is no target`);
  }
}

function sendToQueue(target: EventTarget, body: string, services: TargetServices): void {
  const groupId = target.SqsParameters?.MessageGroupId;
  services.sqs.send(target.Arn, { body, groupId });
}

/** Null when the rule may, else AWS's sentence. */
function refusalOf(target: EventTarget, ruleArn: string, { iam }: TargetServices): string | null {
  if (iam === undefined) return null;
  const kind = targetKind(target.Arn);
  const byService = { kind: 'service' as const, service: SERVICE };
  const context = { 'aws:SourceArn': ruleArn, 'aws:SourceAccount': LOCAL_ACCOUNT };
  if (kind === 'kinesis') return roleRefusal(target, ruleArn, iam);
  const action = kind === 'lambda' ? 'lambda:InvokeFunction' : 'sqs:SendMessage';
  const decision = iam.authorize({ principal: byService, action, resource: target.Arn, context });
  return decision.allowed ? null : decision.reason;
}

function roleRefusal(
  target: EventTarget,
  ruleArn: string,
  iam: Pick<IamService, 'authorize' | 'assumeRole'>,
): string | null {
  try {
    const principal = iam.assumeRole({
      roleArn: target.RoleArn ?? '',
      service: SERVICE,
      sessionName: 'events',
      context: { 'aws:SourceArn': ruleArn, 'aws:SourceAccount': LOCAL_ACCOUNT },
    });
    const decision = iam.authorize({
      principal,
      action: 'kinesis:PutRecord',
      resource: target.Arn,
    });
    return decision.allowed ? null : decision.reason;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A queue policy speaks of who puts dead letters there, too. */
export function sendDeadLetter(
  queueArn: string,
  letter: {
    readonly ruleArn: string;
    readonly body: string;
    readonly attributes: Readonly<Record<string, string>>;
  },
  services: TargetServices,
): string | null {
  const { ruleArn, body } = letter;
  const refusal = refusalOf({ Id: 'dead-letter', Arn: queueArn }, ruleArn, services);
  if (refusal !== null) return refusal;
  const attributes = Object.fromEntries(
    Object.entries(letter.attributes).map(([name, text]) => [
      name,
      { DataType: 'String', StringValue: text },
    ]),
  );
  try {
    services.sqs.send(queueArn, { body, attributes });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function failureOf(error: unknown): TargetFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AwsError)) return { code: 'INTERNAL_ERROR', message, retriable: true };
  const isMissing = /NotFound|DoesNotExist/.test(error.code);
  if (isMissing) return { code: 'NO_RESOURCE', message, retriable: false };
  const isThrottled = /Throughput|Throttl|TooManyRequests|OverLimit/.test(error.code);
  if (isThrottled) return { code: 'THROTTLING', message, retriable: true };
  return { code: 'INVALID_PARAMETER', message, retriable: error.status >= 500 };
}
