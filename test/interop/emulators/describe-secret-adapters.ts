import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
} from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { createSecretsManagerSecretBackend } from '#adapters/aws/secrets-manager-secret-backend.ts';
import { createSsmSecretBackend } from '#adapters/aws/ssm-secret-backend.ts';
import { createSecretsManagerClient, createSsmClient, localTarget } from '#runtime/aws-clients.ts';
import { describeSecretBackend } from '#test/contracts/secret-backend.contract.ts';
import type { Judge } from './describe-adapters.ts';

export function describeSecretsManagerAdapter({ name, endpoint }: Judge): void {
  describeSecretBackend(
    `SecretsManager on ${name}`,
    async () => {
      const client = createSecretsManagerClient(localTarget(endpoint));
      const prefix = `judged/${randomUUID()}`;
      const put = async (secret: string, SecretString: string): Promise<string> => {
        const path = `${prefix}/${secret}`;
        const create = new CreateSecretCommand({ Name: path, SecretString });
        await client.send(create).catch(async (error: unknown) => {
          if (!(error instanceof ResourceExistsException)) throw error;
          await client.send(new PutSecretValueCommand({ SecretId: path, SecretString }));
        });
        return path;
      };
      const place = { backend: 'secretsmanager', key: null, version: null } as const;
      return {
        backend: createSecretsManagerSecretBackend(client),
        store: async (secret, value) => ({ ...place, path: await put(secret, value) }),
        storeMembers: async (secret, members, key) => ({
          ...place,
          path: await put(secret, JSON.stringify(members)),
          key,
        }),
        async remove(secret) {
          const request = { SecretId: `${prefix}/${secret}`, ForceDeleteWithoutRecovery: true };
          await client.send(new DeleteSecretCommand(request));
        },
        close: async () => client.destroy(),
      };
    },
    { members: true, refuses: false },
  );
}

export function describeSsmAdapter({ name, endpoint }: Judge): void {
  describeSecretBackend(
    `SSM on ${name}`,
    async () => {
      const client = createSsmClient(localTarget(endpoint));
      const prefix = `/judged/${randomUUID()}`;
      return {
        backend: createSsmSecretBackend(client),
        async store(secret, Value) {
          const path = `${prefix}/${secret}`;
          const request = { Name: path, Value, Type: 'SecureString', Overwrite: true } as const;
          await client.send(new PutParameterCommand(request));
          return { backend: 'ssm', path, key: null, version: null };
        },
        async remove(secret) {
          await client.send(new DeleteParameterCommand({ Name: `${prefix}/${secret}` }));
        },
        close: async () => client.destroy(),
      };
    },
    { members: false, refuses: false },
  );
}
