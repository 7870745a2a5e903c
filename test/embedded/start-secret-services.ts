import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createAccessControl } from '#embedded/gateway/access-control.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createIamService } from '#embedded/iam/iam-service.ts';
import { createSecretsManagerService } from '#embedded/secretsmanager/secretsmanager-service.ts';
import type { SecretsManagerService, SsmService } from '#embedded/services.ts';
import { createSsmService } from '#embedded/ssm/ssm-service.ts';
import {
  type AwsTarget,
  createSecretsManagerClient,
  createSsmClient,
  localTarget,
} from '#runtime/aws-clients.ts';

const ROLE_ARN = 'arn:aws:iam::000000000000:role/reader';

export interface SecretServices {
  readonly endpoint: string;
  readonly folder: string;
  readonly secretsManager: SecretsManagerService;
  readonly ssm: SsmService;
  /** Of the administrator. */
  readonly clients: SecretClients;
  /** Clients of a role that may do this. */
  asRole(grants: readonly Grant[]): SecretClients;
  close(): Promise<void>;
}

type Grant = readonly [
  action: string,
  resource: string,
  condition?: Readonly<Record<string, Readonly<Record<string, string>>>>,
];

export interface SecretClients {
  readonly secretsManager: ReturnType<typeof createSecretsManagerClient>;
  readonly ssm: ReturnType<typeof createSsmClient>;
}

/** Secrets Manager and Parameter Store behind the gateway, with access control. */
export async function startSecretServices(
  options: { readonly nowMs?: () => number } = {},
): Promise<SecretServices> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-secret-services-'));
  const secretsManager = createSecretsManagerService({
    stateDir: path.join(folder, 'secretsmanager'),
    ...options,
  });
  const ssm = createSsmService({ stateDir: path.join(folder, 'ssm'), ...options });
  const iam = createIamService();
  const athena = { workGroupOf: () => null };
  const gateway = await startGateway({
    port: 0,
    services: { secretsmanager: secretsManager, ssm },
    health: () => null,
    access: createAccessControl({ iam, athena, secretsManager, ssm }),
  });
  const opened: { destroy(): void }[] = [];
  const open = (target: AwsTarget): SecretClients => {
    const clients = {
      secretsManager: createSecretsManagerClient(target),
      ssm: createSsmClient(target),
    };
    opened.push(clients.secretsManager, clients.ssm);
    return clients;
  };
  return {
    endpoint: gateway.endpoint,
    folder,
    secretsManager,
    ssm,
    clients: open(localTarget(gateway.endpoint)),
    asRole(grants) {
      iam.ensureRole({
        name: 'reader',
        arn: ROLE_ARN,
        trust: { Statement: [] },
        policies: grants.map(([Action, Resource, Condition], index) => ({
          name: `grant-${index}`,
          document: { Statement: [{ Effect: 'Allow', Action, Resource, Condition }] },
        })),
      });
      const { endpoint } = gateway;
      const credentials = iam.issueCredentials(ROLE_ARN, 'function');
      return open({ endpoint, region: 'us-east-1', credentials });
    },
    async close() {
      for (const client of opened) client.destroy();
      await gateway.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
