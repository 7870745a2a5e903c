import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
} from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSecretsManagerSecretBackend } from '#adapters/aws/secrets-manager-secret-backend.ts';
import { createSsmSecretBackend } from '#adapters/aws/ssm-secret-backend.ts';
import { createSecretsManagerClient, createSsmClient, localTarget } from '#runtime/aws-clients.ts';
import { describeSecretBackend } from '#test/contracts/secret-backend.contract.ts';
import { type SecretServices, startSecretServices } from '../../embedded/start-secret-services.ts';
import { jsonError, startFaultyEndpoint } from './faulty-endpoint.ts';

const ARNS = 'arn:aws:secretsmanager:us-east-1:000000000000:secret';
const PARAMETERS = 'arn:aws:ssm:us-east-1:000000000000:parameter';
const SECRET = { backend: 'secretsmanager', key: null, version: null } as const;
const PARAMETER = { backend: 'ssm', key: null, version: null } as const;

/** Creates the secret, or gives it a new value. */
async function storeSecret(
  { clients }: Pick<SecretServices, 'clients'>,
  name: string,
  value: string,
): Promise<void> {
  const create = new CreateSecretCommand({ Name: name, SecretString: value });
  await clients.secretsManager.send(create).catch(async (error: unknown) => {
    if (!(error instanceof ResourceExistsException)) throw error;
    const put = new PutSecretValueCommand({ SecretId: name, SecretString: value });
    await clients.secretsManager.send(put);
  });
}

describeSecretBackend(
  'AWS Secrets Manager',
  async () => {
    const services = await startSecretServices();
    const grant = ['secretsmanager:GetSecretValue', `${ARNS}:sluice/test/*-??????`] as const;
    const role = services.asRole([grant]);
    const path = (name: string): string => `sluice/test/${name}`;
    return {
      backend: createSecretsManagerSecretBackend(role.secretsManager),
      async store(name, value) {
        await storeSecret(services, path(name), value);
        return { ...SECRET, path: path(name) };
      },
      async storeMembers(name, members, key) {
        await storeSecret(services, path(name), JSON.stringify(members));
        return { ...SECRET, path: path(name), key };
      },
      async remove(name) {
        const request = { SecretId: path(name), ForceDeleteWithoutRecovery: true };
        await services.clients.secretsManager.send(new DeleteSecretCommand(request));
      },
      async refuse() {
        services.asRole([]);
      },
      close: services.close,
    };
  },
  { members: true, refuses: true },
);

describeSecretBackend(
  'AWS Systems Manager Parameter Store',
  async () => {
    const services = await startSecretServices();
    const role = services.asRole([['ssm:GetParameter', `${PARAMETERS}/sluice/test/*`]]);
    const path = (name: string): string => `/sluice/test/${name}`;
    const put = async (name: string, Value: string): Promise<void> => {
      const request = { Name: path(name), Value, Type: 'SecureString', Overwrite: true } as const;
      await services.clients.ssm.send(new PutParameterCommand(request));
    };
    return {
      backend: createSsmSecretBackend(role.ssm),
      async store(name, value) {
        await put(name, value);
        return { ...PARAMETER, path: path(name) };
      },
      async remove(name) {
        await services.clients.ssm.send(new DeleteParameterCommand({ Name: path(name) }));
      },
      async refuse() {
        services.asRole([]);
      },
      close: services.close,
    };
  },
  { members: false, refuses: true },
);

describe('secrets in AWS', () => {
  async function setUp(): Promise<SecretServices> {
    const services = await startSecretServices();
    onTestFinished(services.close);
    return services;
  }

  it('says of a secret that is being deleted how to get it back', async () => {
    const services = await setUp();
    await storeSecret(services, 'gone', 'value');
    await services.clients.secretsManager.send(new DeleteSecretCommand({ SecretId: 'gone' }));
    const backend = createSecretsManagerSecretBackend(services.clients.secretsManager);
    await expect(backend.read({ ...SECRET, name: 'key', path: 'gone' })).rejects.toThrow(
      'it is scheduled for deletion; aws secretsmanager restore-secret --secret-id gone',
    );
  });

  it('says of a secret of bytes that it is no text', async () => {
    const services = await setUp();
    const request = { Name: 'bytes', SecretBinary: Buffer.from('value') };
    await services.clients.secretsManager.send(new CreateSecretCommand(request));
    const backend = createSecretsManagerSecretBackend(services.clients.secretsManager);
    await expect(backend.read({ ...SECRET, name: 'key', path: 'bytes' })).rejects.toThrow(
      'it holds bytes, expected text',
    );
  });

  it('says of a value that is no JSON object that it has no members', async () => {
    const services = await setUp();
    await storeSecret(services, 'plain', '["plain-value"]');
    const backend = createSecretsManagerSecretBackend(services.clients.secretsManager);
    const reading = backend.read({ ...SECRET, name: 'key', path: 'plain', key: 'password' });
    await expect(reading).rejects.toThrow('it is no JSON object');
    await expect(reading).rejects.not.toThrow('plain-value');
  });

  it('reads the version of a parameter that is asked for', async () => {
    const { clients } = await setUp();
    for (const Value of ['v1', 'v2']) {
      const request = { Name: '/a', Value, Type: 'SecureString', Overwrite: true } as const;
      await clients.ssm.send(new PutParameterCommand(request));
    }
    const backend = createSsmSecretBackend(clients.ssm);
    const reference = { ...PARAMETER, name: 'key', path: '/a' };
    expect(await backend.read({ ...reference, version: 1 })).toBe('v1');
    await expect(backend.read({ ...reference, version: 9 })).rejects.toThrow('no such version');
  });

  it.each([
    ['AccessDeniedException', 'access is denied'],
    ['DecryptionFailure', 'its key cannot be used'],
    ['UnrecognizedClientException', 'the call failed (UnrecognizedClientException)'],
  ])('tells %s of Secrets Manager apart', async (code, problem) => {
    const { endpoint } = await startFaultyEndpoint([jsonError(code)]);
    const client = createSecretsManagerClient(localTarget(endpoint));
    onTestFinished(() => client.destroy());
    const reading = createSecretsManagerSecretBackend(client).read({
      ...SECRET,
      name: 'key',
      path: 'prices',
    });
    await expect(reading).rejects.toThrow(
      `secret "key" in AWS Secrets Manager (prices): ${problem}`,
    );
  });

  it('names the permissions of a parameter that is refused', async () => {
    const { endpoint } = await startFaultyEndpoint([jsonError('AccessDeniedException')]);
    const client = createSsmClient(localTarget(endpoint));
    onTestFinished(() => client.destroy());
    const backend = createSsmSecretBackend(client);
    await expect(backend.read({ ...PARAMETER, name: 'key', path: '/a' })).rejects.toThrow(
      'allow the caller ssm:GetParameter on it, and kms:Decrypt',
    );
  });
});
