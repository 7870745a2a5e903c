import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  type GetRandomPasswordRequest,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  paginateListSecrets,
  RestoreSecretCommand,
  type SecretsManagerClient,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished } from 'vitest';
import { refusalOf } from '../gateway/start-guarded-cloud.ts';
import { startSecretServices } from '../start-secret-services.ts';

const DAY_MS = 86_400_000;

async function setUp(): Promise<{
  readonly client: SecretsManagerClient;
  readonly clock: { nowMs: number };
}> {
  const clock = { nowMs: 1_700_000_000_000 };
  const services = await startSecretServices({ nowMs: () => clock.nowMs });
  onTestFinished(services.close);
  return { client: services.clients.secretsManager, clock };
}

const create = (client: SecretsManagerClient, Name: string, SecretString = 'v1') =>
  client.send(new CreateSecretCommand({ Name, SecretString }));
const textOf = async (
  client: SecretsManagerClient,
  SecretId: string,
  which: { readonly VersionId?: string; readonly VersionStage?: string } = {},
) => (await client.send(new GetSecretValueCommand({ SecretId, ...which }))).SecretString;
const codeOf = async (call: Promise<unknown>) => (await refusalOf(call))?.code;

describe('Secrets Manager', () => {
  it('gives a secret by its name, its ARN, and its ARN without the last characters', async () => {
    const { client } = await setUp();
    const { ARN = '' } = await create(client, 'sluice/prod/key');
    expect(ARN).toMatch(
      /^arn:aws:secretsmanager:us-east-1:000000000000:secret:sluice\/prod\/key-[A-Za-z0-9]{6}$/,
    );
    for (const id of ['sluice/prod/key', ARN, ARN.slice(0, -7)]) {
      expect(await textOf(client, id)).toBe('v1');
    }
    expect(await codeOf(textOf(client, ARN.slice(0, -1)))).toBe('ResourceNotFoundException');
  });

  it('makes a new value current and the one before previous, and forgets the third', async () => {
    const { client } = await setUp();
    const { VersionId: first } = await create(client, 'key');
    for (const SecretString of ['v2', 'v3']) {
      await client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString }));
    }
    expect(await textOf(client, 'key')).toBe('v3');
    expect(await textOf(client, 'key', { VersionStage: 'AWSPREVIOUS' })).toBe('v2');
    const gone = textOf(client, 'key', { VersionId: first ?? '' });
    expect(await codeOf(gone)).toBe('ResourceNotFoundException');
  });

  it('leaves the current value when a new one gets a label of its own', async () => {
    const { client } = await setUp();
    await create(client, 'key');
    const pending = { SecretId: 'key', SecretString: 'v2', VersionStages: ['AWSPENDING'] };
    const { VersionId: id = '' } = await client.send(new PutSecretValueCommand(pending));
    expect(await textOf(client, 'key')).toBe('v1');
    expect(await textOf(client, 'key', { VersionId: id, VersionStage: 'AWSPENDING' })).toBe('v2');
    const mismatch = textOf(client, 'key', { VersionId: id, VersionStage: 'AWSCURRENT' });
    expect(await codeOf(mismatch)).toBe('InvalidRequestException');
  });

  it('takes a repeated call for the one before, and refuses another value for its token', async () => {
    const { client } = await setUp();
    const token = { ClientRequestToken: '11111111-2222-4333-8444-555555555555' };
    await create(client, 'key');
    const put = (SecretString: string) =>
      client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString, ...token }));
    const [first, second] = [await put('v2'), await put('v2')];
    expect(second.VersionId).toBe(first.VersionId);
    expect(await codeOf(put('v3'))).toBe('ResourceExistsException');
  });

  it('keeps bytes as they came', async () => {
    const { client } = await setUp();
    const bytes = Buffer.from([0, 1, 254, 255]);
    await client.send(new CreateSecretCommand({ Name: 'key', SecretBinary: bytes }));
    const answer = await client.send(new GetSecretValueCommand({ SecretId: 'key' }));
    expect(Buffer.from(answer.SecretBinary ?? [])).toEqual(bytes);
    expect(answer.SecretString).toBeUndefined();
  });

  it('changes description, key and value on their own', async () => {
    const { client } = await setUp();
    await create(client, 'key');
    const described = { SecretId: 'key', Description: 'of prices', KmsKeyId: 'alias/own' };
    const { VersionId } = await client.send(new UpdateSecretCommand(described));
    expect(VersionId).toBeUndefined();
    expect(await textOf(client, 'key')).toBe('v1');
    await client.send(new UpdateSecretCommand({ SecretId: 'key', SecretString: 'v2' }));
    expect(await textOf(client, 'key')).toBe('v2');
    const { Description, KmsKeyId } = await client.send(
      new DescribeSecretCommand({ SecretId: 'key' }),
    );
    expect({ Description, KmsKeyId }).toEqual({ Description: 'of prices', KmsKeyId: 'alias/own' });
  });

  it('holds a deleted secret back until its window is over, and gives it back before', async () => {
    const { client, clock } = await setUp();
    await create(client, 'key');
    const deletion = { SecretId: 'key', RecoveryWindowInDays: 7 };
    const { DeletionDate } = await client.send(new DeleteSecretCommand(deletion));
    expect(DeletionDate?.getTime()).toBe(clock.nowMs + 7 * DAY_MS);
    expect(await codeOf(textOf(client, 'key'))).toBe('InvalidRequestException');
    expect(await codeOf(create(client, 'key'))).toBe('InvalidRequestException');
    await client.send(new RestoreSecretCommand({ SecretId: 'key' }));
    expect(await textOf(client, 'key')).toBe('v1');
    await client.send(new DeleteSecretCommand(deletion));
    clock.nowMs += 7 * DAY_MS;
    expect(await codeOf(textOf(client, 'key'))).toBe('ResourceNotFoundException');
    const { ARN } = await create(client, 'key', 'another');
    expect(await textOf(client, ARN ?? '')).toBe('another');
  });

  it('deletes at once when it is forced, also what does not exist', async () => {
    const { client } = await setUp();
    const { ARN: before } = await create(client, 'key');
    const forced = { SecretId: 'key', ForceDeleteWithoutRecovery: true };
    await client.send(new DeleteSecretCommand(forced));
    await client.send(new DeleteSecretCommand(forced));
    expect((await create(client, 'key')).ARN).not.toBe(before);
  });

  it('lists secrets by pages, filters and order, without those that are being deleted', async () => {
    const { client, clock } = await setUp();
    for (const name of ['app/one', 'app/two', 'web/three', 'app/gone']) {
      await create(client, name);
      clock.nowMs += 1_000;
    }
    await client.send(new DeleteSecretCommand({ SecretId: 'app/gone' }));
    const names: (string | undefined)[] = [];
    for await (const page of paginateListSecrets({ client, pageSize: 2 }, { SortOrder: 'asc' })) {
      names.push(...(page.SecretList ?? []).map(({ Name }) => Name));
    }
    expect(names).toEqual(['app/one', 'app/two', 'web/three']);
    const filtered = await client.send(
      new ListSecretsCommand({ Filters: [{ Key: 'name', Values: ['app/', '!web'] }] }),
    );
    expect(filtered.SecretList?.map(({ Name }) => Name)).toEqual(['app/two', 'app/one']);
    const all = await client.send(new ListSecretsCommand({ IncludePlannedDeletion: true }));
    expect(all.SecretList).toHaveLength(4);
  });

  it.each([
    [
      'a name that exists',
      () => new CreateSecretCommand({ Name: 'key', SecretString: 'x' }),
      'ResourceExistsException',
    ],
    [
      'a name with other characters',
      () => new CreateSecretCommand({ Name: 'a b' }),
      'ValidationException',
    ],
    [
      'text and bytes at once',
      () =>
        new PutSecretValueCommand({
          SecretId: 'key',
          SecretString: 'x',
          SecretBinary: Buffer.from('x'),
        }),
      'InvalidParameterException',
    ],
    ['no value', () => new PutSecretValueCommand({ SecretId: 'key' }), 'InvalidRequestException'],
    [
      'a value that is too long',
      () => new PutSecretValueCommand({ SecretId: 'key', SecretString: 'x'.repeat(65_537) }),
      'ValidationException',
    ],
    [
      'a window that is too short',
      () => new DeleteSecretCommand({ SecretId: 'key', RecoveryWindowInDays: 6 }),
      'InvalidParameterException',
    ],
    [
      'a forced deletion with a window',
      () =>
        new DeleteSecretCommand({
          SecretId: 'key',
          RecoveryWindowInDays: 7,
          ForceDeleteWithoutRecovery: true,
        }),
      'InvalidParameterException',
    ],
    [
      'a secret that does not exist',
      () => new DescribeSecretCommand({ SecretId: 'other' }),
      'ResourceNotFoundException',
    ],
    [
      'what is not emulated',
      () => new CreateSecretCommand({ Name: 'x', AddReplicaRegions: [{ Region: 'eu-west-1' }] }),
      'ValidationException',
    ],
    [
      'a page that never was',
      () => new ListSecretsCommand({ NextToken: 'nonsense' }),
      'InvalidNextTokenException',
    ],
  ] as const)('refuses %s', async (_what, command, code) => {
    const { client } = await setUp();
    await create(client, 'key');
    expect(await codeOf(client.send(command() as CreateSecretCommand))).toBe(code);
  });

  it('tells no value when it refuses one', async () => {
    const { client } = await setUp();
    const SecretString = 'geheim'.repeat(20_000);
    const refusal = await refusalOf(
      client.send(new CreateSecretCommand({ Name: 'key', SecretString })),
    );
    expect(refusal?.message).toContain("Value at 'SecretString'");
    expect(refusal?.message).not.toContain('geheim');
  });

  it('makes passwords by the rules', async () => {
    const { client } = await setUp();
    const password = async (input: GetRandomPasswordRequest) =>
      (await client.send(new GetRandomPasswordCommand(input))).RandomPassword ?? '';
    expect(await password({})).toHaveLength(32);
    const rules = { PasswordLength: 100, ExcludePunctuation: true, ExcludeCharacters: 'abcXYZ0' };
    expect(await password(rules)).toMatch(/^[d-zA-W1-9]{100}$/);
    const short = await password({ PasswordLength: 4 });
    for (const kind of [/[a-z]/, /[A-Z]/, /\d/, /[^\w]|_/]) expect(short).toMatch(kind);
    expect(await codeOf(password({ PasswordLength: 3 }))).toBe('InvalidParameterException');
  });
});
