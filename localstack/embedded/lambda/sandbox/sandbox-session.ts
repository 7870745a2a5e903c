import { randomBytes } from 'node:crypto';
import {
  type IamCredentials,
  type IamService,
  type LambdaFunctionConfig,
  LOCAL_ACCOUNT,
  LOCAL_REGION,
} from '#embedded/services.ts';
import { logGroupName } from './sandbox-environment.ts';

export type SandboxIam = Pick<
  IamService,
  'assumeRole' | 'issueCredentials' | 'revokeCredentials' | 'authorize'
>;

/** What a sandbox is in the function's role: credentials of its own, and a log stream of its own. */
export interface SandboxSession {
  readonly logStreamName: string;
  /** Null without IAM, or for a function without a role. */
  readonly credentials: IamCredentials | null;
  /** Hands a line of output on, unless the role may not write logs: then it is gone, as in AWS. */
  readonly writeLog: (text: string) => void;
  /** The process is gone: its credentials mean nothing any more. */
  end(): void;
}

/** Source: AWS Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs" (execution role permissions). */
export function openSandboxSession(
  config: LambdaFunctionConfig,
  options: { readonly iam: SandboxIam | null; readonly onLine: (text: string) => void },
): SandboxSession {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  const logStreamName = `${day}/[$LATEST]${randomBytes(16).toString('hex')}`;
  const { iam, onLine } = options;
  const { roleArn, name } = config;
  if (iam === null || roleArn === undefined) {
    return { logStreamName, credentials: null, writeLog: onLine, end: () => undefined };
  }
  const principal = iam.assumeRole({
    roleArn,
    service: 'lambda.amazonaws.com',
    sessionName: name,
  });
  const credentials = iam.issueCredentials(roleArn, name);
  const streams = `arn:aws:logs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:log-group:${logGroupName(name)}:log-stream:`;
  // A log stream is created before it has a name in the ARN.
  const created = iam.authorize({
    principal,
    action: 'logs:CreateLogStream',
    resource: streams,
  });
  const write = { principal, action: 'logs:PutLogEvents', resource: `${streams}${logStreamName}` };
  return {
    logStreamName,
    credentials,
    writeLog: (text) => {
      if (created.allowed && iam.authorize(write).allowed) onLine(text);
    },
    end: () => iam.revokeCredentials(credentials.accessKeyId),
  };
}
