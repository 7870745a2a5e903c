import { describe, expect, it } from 'vitest';
import { createIamService } from '#embedded/iam/iam-service.ts';
import type { IamService, LambdaFunctionConfig } from '#embedded/services.ts';
import { invokeJson, startLambda, waitUntil, writeFunction } from './start-lambda.ts';

const ROLE_ARN = 'arn:aws:iam::000000000000:role/writer';
const LOGS = 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/writer:*';

function iamWithRole(...actions: string[]): IamService {
  const iam = createIamService();
  iam.ensureRole({
    name: 'writer',
    arn: ROLE_ARN,
    trust: {
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'lambda.amazonaws.com' },
        },
      ],
    },
    policies: [
      {
        name: 'WriteLogs',
        document: { Statement: [{ Effect: 'Allow', Action: actions, Resource: LOGS }] },
      },
    ],
  });
  return iam;
}

const withRole = (source: string): LambdaFunctionConfig =>
  writeFunction(source, { roleArn: ROLE_ARN });
const SHOW_KEY = 'export const handler = async () => process.env.AWS_ACCESS_KEY_ID;';

describe('a function with a role', () => {
  it('has credentials of its own role in its environment', async () => {
    const iam = iamWithRole('logs:CreateLogStream', 'logs:PutLogEvents');
    const { service } = startLambda({ iam });
    service.ensureFunction(
      withRole(`export const handler = async () => {
        const { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = process.env;
        return { key, secret, token };
      };`),
    );
    const { key, secret, token } = (await invokeJson(service, {})).value as Record<string, string>;
    expect(iam.principalOf(key ?? '')).toMatchObject({
      arn: 'arn:aws:sts::000000000000:assumed-role/writer/writer',
    });
    expect([iam.secretOf(key ?? ''), iam.sessionTokenOf(key ?? '')]).toEqual([secret, token]);
  });

  it('shares its credentials with no other sandbox, and loses them with its own', async () => {
    const iam = iamWithRole('logs:CreateLogStream', 'logs:PutLogEvents');
    const { service } = startLambda({ iam });
    service.ensureFunction(withRole(SHOW_KEY));
    const key = (await invokeJson(service, {})).value as string;
    expect((await invokeJson(service, {})).value).toBe(key);
    for (const pid of service.childPids()) process.kill(pid, 'SIGKILL');
    await waitUntil(() => iam.principalOf(key) === null);
    const next = (await invokeJson(service, {})).value as string;
    expect(next).not.toBe(key);
    expect(iam.principalOf(next)).not.toBeNull();
  });

  it('writes its log in its role: one stream per sandbox, its lines counted', async () => {
    const iam = iamWithRole('logs:CreateLogStream', 'logs:PutLogEvents');
    const { service, lines } = startLambda({ iam });
    service.ensureFunction(withRole('export const handler = async () => console.log("said");'));
    await invokeJson(service, {});
    expect(lines.some((line) => line.includes('said'))).toBe(true);
    const call = { principal: 'writer', resource: LOGS, policy: 'WriteLogs', allowed: true };
    expect(iam.journal()).toEqual([
      { ...call, action: 'logs:CreateLogStream', times: 1 },
      { ...call, action: 'logs:PutLogEvents', times: lines.length },
    ]);
  });

  it.each([[['logs:PutLogEvents']], [['logs:CreateLogStream']]])(
    'has no log when its role allows %j only',
    async (actions) => {
      const iam = iamWithRole(...actions);
      const { service, lines } = startLambda({ iam });
      service.ensureFunction(withRole('export const handler = async () => console.log("said");'));
      expect((await invokeJson(service, {})).outcome.kind).toBe('success');
      expect(lines).toEqual([]);
      expect(iam.journal().some(({ allowed }) => !allowed)).toBe(true);
    },
  );

  it('without a role calls as the administrator', async () => {
    const { service } = startLambda({ iam: createIamService() });
    service.ensureFunction(writeFunction(SHOW_KEY));
    expect((await invokeJson(service, {})).value).toBe('local');
  });
});
