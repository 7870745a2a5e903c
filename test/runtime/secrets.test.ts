import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SecretsInput } from '#core/config/model/secrets-model.ts';
import { resolveSecrets } from '#core/config/resolve/resolve-secrets.ts';
import { buildSecretsConfig, type SecretsConfig } from '#core/secret/secrets-config.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openSecrets } from '#runtime/secrets.ts';
import { startVault } from '../adapters/vault/start-vault.ts';
import { startSecretServices } from '../embedded/start-secret-services.ts';

function configOf(input: SecretsInput, names: readonly string[]): SecretsConfig {
  const scope = { platform: 'sluice', environment: 'local' };
  return buildSecretsConfig(resolveSecrets(input, scope), names);
}

describe('openSecrets', () => {
  it('reads the local backend: the variable, else the file below the project', async () => {
    const root = mkdtempSync(path.join(os.tmpdir(), 'sluice-project-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    mkdirSync(path.join(root, '.sluice/secrets'), { recursive: true });
    for (const name of ['one', 'two']) {
      writeFileSync(path.join(root, '.sluice/secrets', name), `${name} of a file\n`, {
        mode: 0o600,
      });
    }
    const environment = { SLUICE_SECRET_ONE: 'one of a variable' };
    const config = configOf({ backend: 'local' }, ['one', 'two', 'three']);
    const secrets = openSecrets(config, { environment, root });
    expect(await secrets.read('one')).toBe('one of a variable');
    expect(await secrets.read('two')).toBe('two of a file');
    await expect(secrets.read('three')).rejects.toThrow(
      /there is no such file; put the value into .*three and chmod 600 it, or set SLUICE_SECRET_THREE/,
    );
  });

  it('takes the folder of the process for relative paths when the environment names one', async () => {
    const root = mkdtempSync(path.join(os.tmpdir(), 'sluice-project-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    mkdirSync(path.join(root, 'keys'));
    writeFileSync(path.join(root, 'keys/one'), 'value', { mode: 0o600 });
    const config = configOf({ backend: 'file', file: { folder: 'keys' } }, ['one']);
    const environment = { SLUICE_SECRETS_ROOT: root };
    expect(await openSecrets(config, { environment }).read('one')).toBe('value');
  });

  it('logs in to Vault with a secret of another backend', async () => {
    const vault = await startVault();
    const services = await startSecretServices();
    onTestFinished(vault.close);
    onTestFinished(services.close);
    vault.roles.set('reader', 'the-secret-id');
    vault.secrets.set('kv/prices', [{ api_key: 'k3y' }]);
    const create = { Name: 'sluice/local/vault_login', SecretString: 'the-secret-id' };
    await services.clients.secretsManager.send(new CreateSecretCommand(create));
    const config = configOf(
      {
        vault: {
          address: vault.address,
          auth: { role_id: 'reader', secret_id: `\${secret:vault_login}` },
        },
        named: { prices: { backend: 'vault', path: 'kv/prices', key: 'api_key' } },
      },
      ['prices'],
    );
    const secrets = openSecrets(config, { target: localTarget(services.endpoint) });
    expect(vault.requests).toEqual([]);
    expect(await secrets.read('prices')).toBe('k3y');
  });

  it('says that a backend is configured without what it needs', async () => {
    const config = configOf({ named: { a: { backend: 'vault', path: 'kv/a' } } }, ['a']);
    await expect(openSecrets(config).read('a')).rejects.toThrow('secrets.vault has no address');
  });
});
