import { expect, it, onTestFinished } from 'vitest';
import { createEnvSecretBackend } from '#adapters/system/env-secret-backend.ts';
import { resolveSecrets } from '#core/config/resolve/resolve-secrets.ts';
import { buildSecretsConfig } from '#core/secret/secrets-config.ts';
import { registerSecretBackend } from '#runtime/secret-backends.ts';
import { openSecrets } from '#runtime/secrets.ts';

it('a kind that is registered is opened with the settings, when its first secret is read', async () => {
  const scope = { platform: 'sluice', environment: 'local' };
  const settings = resolveSecrets({ backend: 'env' }, scope);
  let opened = 0;
  registerSecretBackend('env', ({ settings: given }) => {
    opened++;
    expect(given.file.folder).toBe('.sluice/secrets');
    return { read: async ({ path }) => `value of ${path}` };
  });
  onTestFinished(() => {
    registerSecretBackend('env', ({ environment }) => createEnvSecretBackend(environment));
  });
  const secrets = openSecrets(buildSecretsConfig(settings, ['a', 'b']));
  expect(opened).toBe(0);
  expect(await secrets.read('a')).toBe('value of SLUICE_SECRET_A');
  expect(await secrets.read('b')).toBe('value of SLUICE_SECRET_B');
  expect(opened).toBe(1);
});
