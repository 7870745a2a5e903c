import type { IncomingMessage } from 'node:http';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';

/** A permission that a request needs; a request with several needs all of them. */
export interface ServiceCall {
  /** `s3:GetObject` */
  readonly action: string;
  /** ARN, or `*`. */
  readonly resource: string;
  /** Condition keys of the request. */
  readonly context?: Readonly<Record<string, string>>;
}

/** A request whose body, where the permissions depend on it, has been read. */
export interface CallRequest {
  readonly request: IncomingMessage;
  readonly body: Buffer;
}

/** Members of a JSON request. */
export type CallInput = Readonly<Record<string, unknown>>;

/** Operation of a JSON service to the ARNs it is allowed on; the action has the operation's name, others are named. */
export type JsonCallTable = Readonly<
  Record<string, (input: CallInput) => readonly (string | ServiceCall)[]>
>;

/** Actions that are about the whole account: policies allow them on `*` only. */
export const EVERYTHING = (): readonly string[] => ['*'];

export function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${resource}`;
}

/** A member that has to be a text; empty otherwise, which no policy names: the service explains what is wrong. */
export function textMember(input: CallInput, member: string): string {
  const value = input[member];
  return typeof value === 'string' ? value : '';
}
