import { describe, expect, it } from 'vitest';
import type { SecretsInput } from '#core/config/model/secrets-model.ts';
import { resolveSecrets } from '#core/config/resolve/resolve-secrets.ts';
import { placeOfSecret, type SecretSettings } from '#core/secret/secret-settings.ts';
import { buildSecretsConfig, secretsConfigModel } from '#core/secret/secrets-config.ts';

const SCOPE = { platform: 'sluice', environment: 'prod' };
const settings = (input?: SecretsInput): SecretSettings => resolveSecrets(input, SCOPE);
const whole = { key: null, version: null };

describe('place of a secret', () => {
  it.each([
    ['secretsmanager', { path: 'sluice/prod/api_key', ...whole }],
    ['ssm', { path: '/sluice/prod/api_key', ...whole }],
    ['vault', { path: 'secret/sluice/prod/api_key', key: 'value', version: null }],
    ['env', { path: 'SLUICE_SECRET_API_KEY', ...whole }],
    ['file', { path: 'api_key', ...whole }],
    ['local', { path: 'api_key', ...whole }],
  ] as const)('is in %s under platform and environment, where that has paths', (backend, place) => {
    expect(placeOfSecret(settings({ backend }), 'api_key')).toEqual({ backend, ...place });
  });

  it('is where it is named, with a member after a hash', () => {
    const named = {
      prices: { backend: 'vault', path: 'kv/prices', key: 'api_key', version: 3 },
      db: { path: 'shared/db#password' },
      other: { backend: 'ssm', path: '/a#b' },
    } as const;
    const resolved = settings({ named });
    expect(placeOfSecret(resolved, 'prices')).toEqual(named.prices);
    expect(placeOfSecret(resolved, 'db')).toEqual({
      backend: 'secretsmanager',
      path: 'shared/db',
      key: 'password',
      version: null,
    });
    expect(placeOfSecret(resolved, 'other').path).toBe('/a#b');
  });

  it('has the prefix that is configured', () => {
    expect(placeOfSecret(settings({ backend: 'ssm', prefix: 'app-' }), 'key').path).toBe('app-key');
    expect(placeOfSecret(settings({ prefix: '' }), 'key').path).toBe('key');
  });

  it('is not taken from what every object has', () => {
    expect(placeOfSecret(settings({ named: {} }), 'constructor').path).toBe(
      'sluice/prod/constructor',
    );
  });
});

describe('secrets of a function', () => {
  const VAULT = settings({
    vault: {
      address: 'https://vault.example.com:8200',
      auth: { role_id: 'reader', secret_id: `\${secret:vault_login}` },
    },
    named: { prices: { backend: 'vault', path: 'kv/prices' } },
  });

  it('are those it uses, and no others', () => {
    const config = buildSecretsConfig(VAULT, ['b', 'a', 'b']);
    expect(Object.keys(config.places)).toEqual(['a', 'b']);
    expect(config.backends.vault).toBeNull();
  });

  it('bring those that open Vault with them', () => {
    const config = buildSecretsConfig(VAULT, ['prices']);
    expect(Object.keys(config.places)).toEqual(['prices', 'vault_login']);
    expect(config.places['vault_login']?.backend).toBe('secretsmanager');
    expect(config.backends.vault).toEqual({
      address: 'https://vault.example.com:8200',
      namespace: null,
      mount: 'secret',
      auth: {
        method: 'approle',
        mount: 'approle',
        roleId: 'reader',
        secretId: `\${secret:vault_login}`,
      },
    });
  });

  it('come back from the configuration file of a function as they were', () => {
    for (const names of [[], ['a'], ['prices']]) {
      const config = buildSecretsConfig(VAULT, names);
      expect(secretsConfigModel.parse(JSON.parse(JSON.stringify(config)))).toEqual(config);
    }
  });
});
