import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
} from '@aws-sdk/client-ssm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type SecretServices, startSecretServices } from '../start-secret-services.ts';
import { refusalOf } from './start-guarded-cloud.ts';

const SECRETS = 'arn:aws:secretsmanager:us-east-1:000000000000:secret';
const PARAMETERS = 'arn:aws:ssm:us-east-1:000000000000:parameter';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/own';

async function setUp(): Promise<SecretServices> {
  const services = await startSecretServices();
  onTestFinished(services.close);
  const { secretsManager, ssm } = services.clients;
  for (const request of [
    { Name: 'app/key', SecretString: 'value' },
    { Name: 'app/key-other', SecretString: 'other' },
    { Name: 'app/own', SecretString: 'own', KmsKeyId: KEY },
  ]) {
    await secretsManager.send(new CreateSecretCommand(request));
  }
  const secure = { Value: 'value', Type: 'SecureString' } as const;
  await ssm.send(new PutParameterCommand({ Name: '/app/key', ...secure }));
  await ssm.send(new PutParameterCommand({ Name: '/app/own', ...secure, KeyId: KEY }));
  return services;
}

const denied = async (call: Promise<unknown>): Promise<string> =>
  /perform: (\S+) on resource: (\S+)/.exec((await refusalOf(call))?.message ?? '')?.[0] ?? '';

describe('a role that reads secrets', () => {
  it('reads the one secret of its policy and none whose name goes on', async () => {
    const { asRole } = await setUp();
    const grant = ['secretsmanager:GetSecretValue', `${SECRETS}:app/key-??????`] as const;
    const { secretsManager } = asRole([grant]);
    const read = (SecretId: string) => secretsManager.send(new GetSecretValueCommand({ SecretId }));
    expect((await read('app/key')).SecretString).toBe('value');
    expect(await denied(read('app/key-other'))).toContain(`${SECRETS}:app/key-other-`);
    expect(await denied(secretsManager.send(new ListSecretsCommand({})))).toContain('ListSecrets');
  });

  it('hears that a secret of its policy does not exist', async () => {
    const { asRole } = await setUp();
    const grant = ['secretsmanager:GetSecretValue', `${SECRETS}:app/none-??????`] as const;
    const { secretsManager } = asRole([grant]);
    const call = secretsManager.send(new GetSecretValueCommand({ SecretId: 'app/none' }));
    expect((await refusalOf(call))?.code).toBe('ResourceNotFoundException');
  });

  it('needs the key of the customer that encrypts a secret', async () => {
    const { asRole } = await setUp();
    const grant = ['secretsmanager:GetSecretValue', `${SECRETS}:app/own-??????`] as const;
    const read = (grants: Parameters<typeof asRole>[0]) =>
      asRole(grants).secretsManager.send(new GetSecretValueCommand({ SecretId: 'app/own' }));
    expect(await denied(read([grant]))).toBe(`perform: kms:Decrypt on resource: ${KEY}`);
    const via = (service: string) =>
      ({ StringEquals: { 'kms:ViaService': `${service}.us-east-1.amazonaws.com` } }) as const;
    const other = read([grant, ['kms:Decrypt', KEY, via('ssm')]]);
    expect(await denied(other)).toBe(`perform: kms:Decrypt on resource: ${KEY}`);
    const own = await read([grant, ['kms:Decrypt', KEY, via('secretsmanager')]]);
    expect(own.SecretString).toBe('own');
  });

  it('reads the parameters of its policy, each of several', async () => {
    const { asRole } = await setUp();
    const { ssm } = asRole([
      ['ssm:GetParameter', `${PARAMETERS}/app/key`],
      ['ssm:GetParameters', `${PARAMETERS}/app/key`],
    ]);
    const WithDecryption = true;
    const read = await ssm.send(new GetParameterCommand({ Name: '/app/key:1', WithDecryption }));
    expect(read.Parameter?.Value).toBe('value');
    const both = ssm.send(new GetParametersCommand({ Names: ['/app/key', '/app/own'] }));
    expect(await denied(both)).toContain(`${PARAMETERS}/app/own`);
    const walk = ssm.send(new GetParametersByPathCommand({ Path: '/app/' }));
    expect(await denied(walk)).toBe(
      `perform: ssm:GetParametersByPath on resource: ${PARAMETERS}/app`,
    );
  });

  it('needs the key of a parameter to decrypt it, and none to see that it is there', async () => {
    const { asRole } = await setUp();
    const { ssm } = asRole([['ssm:GetParameter', `${PARAMETERS}/app/own`]]);
    const read = (WithDecryption: boolean) =>
      ssm.send(new GetParameterCommand({ Name: '/app/own', WithDecryption }));
    expect(await denied(read(true))).toBe(`perform: kms:Decrypt on resource: ${KEY}`);
    expect((await read(false)).Parameter?.Version).toBe(1);
  });
});
