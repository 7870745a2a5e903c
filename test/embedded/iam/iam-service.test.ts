import { describe, expect, it } from 'vitest';
import { createIamService } from '#embedded/iam/iam-service.ts';
import type { IamService, PolicyDocument, RolePrincipal } from '#embedded/services.ts';

type Statement = PolicyDocument['Statement'][number];

const ROLE = { name: 'writer', arn: 'arn:aws:iam::000000000000:role/writer' };
const LAKE = 'arn:aws:s3:::lake';
const allow = (Action: string | string[], Resource: string | string[]): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
});
const trust = (...services: string[]): PolicyDocument => ({
  Statement: services.map((Service) => ({
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service },
  })),
});

function iamWith(...statements: readonly Statement[]): {
  readonly iam: IamService;
  readonly writer: RolePrincipal;
} {
  const iam = createIamService();
  const policies = [{ name: 'Work', document: { Statement: statements } }];
  iam.ensureRole({ ...ROLE, trust: trust('lambda.amazonaws.com'), policies });
  const service = 'lambda.amazonaws.com';
  return { iam, writer: iam.assumeRole({ roleArn: ROLE.arn, service, sessionName: 'fn' }) };
}

describe('access of a role', () => {
  const ask = (
    statements: readonly Statement[],
    action: string,
    resource: string,
    context: Record<string, string> = {},
  ) => {
    const { iam, writer } = iamWith(...statements);
    return iam.authorize({ principal: writer, action, resource, context });
  };

  it('is denied by default, in the words of AWS', () => {
    expect(ask([], 's3:GetObject', `${LAKE}/a`)).toEqual({
      allowed: false,
      reason:
        'User: arn:aws:sts::000000000000:assumed-role/writer/fn is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::lake/a because no identity-based policy allows the s3:GetObject action',
    });
  });

  it('is allowed by a statement that names action and resource', () => {
    const grant = allow(['s3:PutObject', 's3:GetObject'], ['arn:x', `${LAKE}/*`]);
    expect(ask([grant], 's3:GetObject', `${LAKE}/a`)).toEqual({
      allowed: true,
      reason: 'policy Work allows it',
    });
    expect(ask([grant], 's3:DeleteObject', `${LAKE}/a`).allowed).toBe(false);
    expect(ask([grant], 's3:GetObject', LAKE).allowed).toBe(false);
  });

  it('compares actions without case, and with wildcards', () => {
    expect(ask([allow('S3:get*', '*')], 's3:GetObject', LAKE).allowed).toBe(true);
    expect(ask([allow('s3:Get?bject', '*')], 's3:GetObject', LAKE).allowed).toBe(true);
    expect(ask([allow('*', '*')], 'glue:GetTable', LAKE).allowed).toBe(true);
    expect(ask([allow('s3:Get*', '*')], 's3:PutObject', LAKE).allowed).toBe(false);
  });

  it('is denied by an explicit Deny, wherever it stands', () => {
    const deny: Statement = { ...allow('s3:*', `${LAKE}/secret/*`), Effect: 'Deny' };
    for (const statements of [
      [allow('*', '*'), deny],
      [deny, allow('*', '*')],
    ]) {
      expect(ask(statements, 's3:GetObject', `${LAKE}/open/a`).allowed).toBe(true);
      expect(ask(statements, 's3:GetObject', `${LAKE}/secret/a`)).toMatchObject({
        allowed: false,
        reason: expect.stringMatching(/with an explicit deny in an identity-based policy$/),
      });
    }
  });

  it.each<[string, Statement['Condition'], Record<string, string>, boolean]>([
    ['StringEquals', { StringEquals: { 's3:prefix': ['a/', 'b/'] } }, { 's3:prefix': 'b/' }, true],
    ['StringEquals', { StringEquals: { 's3:prefix': 'a/*' } }, { 's3:prefix': 'a/b' }, false],
    ['StringLike', { StringLike: { 's3:prefix': 'a/*' } }, { 's3:prefix': 'a/b' }, true],
    ['a missing key', { StringLike: { 's3:prefix': '*' } }, {}, false],
    [
      'StringNotEquals',
      { StringNotEquals: { 's3:prefix': ['a', 'b'] } },
      { 's3:prefix': 'b' },
      false,
    ],
    ['StringNotLike', { StringNotLike: { 's3:prefix': 'a*' } }, { 's3:prefix': 'b' }, true],
    ['StringNotLike without the key', { StringNotLike: { 's3:prefix': 'a*' } }, {}, true],
    [
      'key names without case',
      { StringEquals: { 'AWS:SourceArn': 'x' } },
      { 'aws:sourcearn': 'x' },
      true,
    ],
    [
      'ArnLike',
      { ArnLike: { 'aws:SourceArn': 'arn:*:x' } },
      { 'aws:SourceArn': 'arn:aws:x' },
      true,
    ],
    ['ArnEquals', { ArnEquals: { 'aws:SourceArn': 'arn:y' } }, { 'aws:SourceArn': 'arn:x' }, false],
    ['Bool', { Bool: { 'aws:SecureTransport': 'true' } }, {}, true],
    ['NumericLessThan', { NumericLessThan: { 's3:TlsVersion': '1.2' } }, {}, false],
    [
      'ForAllValues:StringEquals',
      { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['market'] } },
      { 'dynamodb:LeadingKeys': 'city' },
      false,
    ],
    [
      'ForAllValues without the key',
      { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['market'] } },
      {},
      true,
    ],
    [
      'all of several',
      { Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { 's3:prefix': 'a' } },
      {},
      false,
    ],
    ['the caller', { StringEquals: { 'aws:PrincipalArn': ROLE.arn } }, {}, true],
  ])('heeds conditions: %s', (_, condition, context, expected) => {
    const grant = { ...allow('s3:ListBucket', LAKE), Condition: condition };
    expect(ask([grant], 's3:ListBucket', LAKE, context).allowed).toBe(expected);
  });

  it('grows with policies that are attached later', () => {
    const { iam, writer } = iamWith();
    const request = { principal: writer, action: 's3:GetObject', resource: LAKE };
    expect(iam.authorize(request).allowed).toBe(false);
    iam.ensureRolePolicy('writer', { name: 'More', document: { Statement: [allow('s3:*', '*')] } });
    expect(iam.authorize(request).allowed).toBe(true);
    expect(() =>
      iam.ensureRolePolicy('nobody', { name: 'x', document: { Statement: [] } }),
    ).toThrow('there is no role nobody');
  });

  it('never extends to who it is: that anyone may ask', () => {
    const deny: Statement = { ...allow('*', '*'), Effect: 'Deny' };
    expect(ask([deny], 'sts:GetCallerIdentity', '*').allowed).toBe(true);
  });
});

describe("a resource's own policy", () => {
  const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:ingest';
  const permission: Statement = {
    ...allow('lambda:InvokeFunction', functionArn),
    Principal: { Service: 'apigateway.amazonaws.com' },
    Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:execute-api:*:*:api1/*' } },
  };

  it('lets a service in that it names, from where it says', () => {
    const { iam } = iamWith();
    iam.ensureResourcePolicy(functionArn, { name: 'p', document: { Statement: [permission] } });
    const ask = (service: string, sourceArn: string) =>
      iam.authorize({
        principal: { kind: 'service', service },
        action: 'lambda:InvokeFunction',
        resource: functionArn,
        context: { 'aws:SourceArn': sourceArn },
      });
    const source = 'arn:aws:execute-api:us-east-1:000000000000:api1/$default/POST/x';
    expect(ask('apigateway.amazonaws.com', source).allowed).toBe(true);
    expect(ask('events.amazonaws.com', source).reason).toBe(
      'User: events.amazonaws.com is not authorized to perform: lambda:InvokeFunction on resource: ' +
        `${functionArn} because no resource-based policy allows the lambda:InvokeFunction action`,
    );
    expect(ask('apigateway.amazonaws.com', source.replace('api1', 'api2')).allowed).toBe(false);
  });

  it('of a bucket denies requests without TLS, which the gateway stands for, to nobody here', () => {
    const { iam, writer } = iamWith(allow('s3:GetObject', `${LAKE}/*`));
    const insecure: Statement = {
      Effect: 'Deny',
      Action: 's3:*',
      Resource: [LAKE, `${LAKE}/*`],
      Principal: { AWS: '*' },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    const request = { principal: writer, action: 's3:GetObject', resource: `${LAKE}/a` };
    iam.ensureResourcePolicy(LAKE, { name: 'b', document: { Statement: [insecure] } });
    expect(iam.authorize(request).allowed).toBe(true);
    expect(
      iam.authorize({ ...request, context: { 'aws:SecureTransport': 'false' } }).reason,
    ).toMatch(/with an explicit deny in a resource-based policy$/);
  });

  it('can allow a role of the account by itself', () => {
    const { iam, writer } = iamWith();
    const grant = { ...allow('s3:GetObject', `${LAKE}/*`), Principal: { AWS: ROLE.arn } };
    iam.ensureResourcePolicy(LAKE, { name: 'b', document: { Statement: [grant] } });
    const request = { principal: writer, action: 's3:GetObject', resource: `${LAKE}/a` };
    expect(iam.authorize(request).allowed).toBe(true);
  });
});

describe('taking a role', () => {
  it('is for the services its trust policy names', () => {
    const { iam } = iamWith();
    const take = (service: string) =>
      iam.assumeRole({ roleArn: ROLE.arn, service, sessionName: 'a' });
    expect(take('lambda.amazonaws.com')).toEqual({
      kind: 'role',
      roleName: 'writer',
      roleArn: ROLE.arn,
      arn: 'arn:aws:sts::000000000000:assumed-role/writer/a',
    });
    expect(() => take('scheduler.amazonaws.com')).toThrow(/cannot be assumed by scheduler/);
  });

  it('heeds the conditions and the Deny of a trust policy', () => {
    const iam = createIamService();
    const [statement] = trust('scheduler.amazonaws.com').Statement;
    const condition = { StringEquals: { 'aws:SourceAccount': '000000000000' } };
    const guarded = { ...(statement as Statement), Condition: condition };
    const take = (context: Record<string, string>) =>
      iam.assumeRole({
        roleArn: ROLE.arn,
        service: 'scheduler.amazonaws.com',
        sessionName: 'a',
        context,
      });
    iam.ensureRole({ ...ROLE, trust: { Statement: [guarded] }, policies: [] });
    expect(take({ 'aws:SourceAccount': '000000000000' }).roleName).toBe('writer');
    expect(() => take({ 'aws:SourceAccount': '111111111111' })).toThrow(/cannot be assumed/);
    const deny: Statement = { ...guarded, Effect: 'Deny' };
    iam.ensureRole({ ...ROLE, trust: { Statement: [guarded, deny] }, policies: [] });
    expect(() => take({ 'aws:SourceAccount': '000000000000' })).toThrow(/cannot be assumed/);
  });

  it('needs a role that exists', () => {
    const request = { roleArn: ROLE.arn, service: 'x', sessionName: 'a' };
    expect(() => createIamService().assumeRole(request)).toThrow(`there is no role ${ROLE.arn}`);
    expect(() => createIamService().issueCredentials(ROLE.arn, 'a')).toThrow('there is no role');
  });
});

describe('access keys', () => {
  it('are issued in the form of AWS, each different', () => {
    const { iam } = iamWith();
    const one = iam.issueCredentials(ROLE.arn, 'one');
    const other = iam.issueCredentials(ROLE.arn, 'one');
    expect(one.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(one.secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
    expect(one.sessionToken.length).toBeGreaterThan(100);
    expect(new Set([one, other].flatMap((each) => Object.values(each))).size).toBe(6);
  });

  it('lead to their role and secret until they are revoked', () => {
    const { iam } = iamWith();
    const { accessKeyId, secretAccessKey, sessionToken } = iam.issueCredentials(ROLE.arn, 'fn');
    expect(iam.principalOf(accessKeyId)).toMatchObject({
      arn: 'arn:aws:sts::000000000000:assumed-role/writer/fn',
    });
    expect(iam.secretOf(accessKeyId)).toBe(secretAccessKey);
    expect(iam.sessionTokenOf(accessKeyId)).toBe(sessionToken);
    iam.revokeCredentials(accessKeyId);
    expect(iam.principalOf(accessKeyId)).toBeNull();
    expect(iam.secretOf(accessKeyId)).toBeNull();
  });

  it.each(['local', 'test', 'AKIAIOSFODNN7EXAMPLE', ''])(
    'of the administrator: "%s", whose secret is the key itself',
    (key) => {
      const { iam } = iamWith();
      const principal = iam.principalOf(key);
      expect(principal).toMatchObject({ kind: 'administrator' });
      expect(iam.secretOf(key)).toBe(key);
      expect(iam.sessionTokenOf(key)).toBeNull();
      if (principal === null) return;
      const request = { principal, action: 's3:DeleteBucket', resource: LAKE };
      expect(iam.authorize(request).allowed).toBe(true);
    },
  );
});

describe('the journal', () => {
  it('counts calls by the resource as the deciding policy names it', () => {
    const { iam, writer } = iamWith(allow('s3:*', `${LAKE}/*`));
    for (const key of ['a', 'b', 'c']) {
      iam.authorize({ principal: writer, action: 's3:GetObject', resource: `${LAKE}/${key}` });
    }
    iam.authorize({ principal: writer, action: 's3:ListBucket', resource: LAKE });
    const administrator = iam.principalOf('test');
    if (administrator !== null) {
      iam.authorize({ principal: administrator, action: 's3:GetObject', resource: LAKE });
    }
    const call = { principal: 'writer', policy: 'Work', allowed: true };
    expect(iam.journal()).toEqual([
      { ...call, action: 's3:GetObject', resource: `${LAKE}/*`, times: 3 },
      { ...call, action: 's3:ListBucket', resource: LAKE, policy: null, allowed: false, times: 1 },
      {
        principal: 'administrator',
        action: 's3:GetObject',
        resource: '*',
        policy: null,
        allowed: true,
        times: 1,
      },
    ]);
  });

  it('stays bounded while denied calls name ever new resources', () => {
    const { iam, writer } = iamWith();
    for (let index = 0; index < 10_050; index++) {
      iam.authorize({ principal: writer, action: 's3:GetObject', resource: `${LAKE}/${index}` });
    }
    const records = iam.journal();
    expect(records).toHaveLength(10_001);
    expect(records.at(-1)).toMatchObject({ resource: '*', allowed: false, times: 50 });
  });
});
