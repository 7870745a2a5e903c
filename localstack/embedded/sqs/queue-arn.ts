import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';

const QUEUE_ARN = new RegExp(`^arn:aws:sqs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:([\\w.-]+)$`);

export function queueArn(name: string): string {
  return `arn:aws:sqs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${name}`;
}

/** Null for an ARN that names no queue of this account. */
export function queueNameOfArn(arn: string): string | null {
  return QUEUE_ARN.exec(arn)?.[1] ?? null;
}
