import { describe, expect, it } from 'vitest';
import { createEnvSecretBackend } from '#adapters/system/env-secret-backend.ts';
import { describeSecretBackend } from '#test/contracts/secret-backend.contract.ts';

const PLACE = { backend: 'env', key: null, version: null } as const;

describeSecretBackend(
  'environment variables',
  async () => {
    const environment: Record<string, string | undefined> = {};
    return {
      backend: createEnvSecretBackend(environment),
      async store(name, value) {
        environment[`VARIABLE_OF_${name}`] = value;
        return { ...PLACE, path: `VARIABLE_OF_${name}` };
      },
      async remove(name) {
        environment[`VARIABLE_OF_${name}`] = undefined;
      },
    };
  },
  { members: false, refuses: false },
);

describe('secrets in environment variables', () => {
  it('takes an empty variable for no value', async () => {
    const backend = createEnvSecretBackend({ EMPTY: '' });
    await expect(backend.read({ ...PLACE, name: 'key', path: 'EMPTY' })).rejects.toThrow(
      'secret "key" in env (EMPTY): it is empty; store a value',
    );
  });

  it('names the variable to set', async () => {
    const backend = createEnvSecretBackend({});
    await expect(
      backend.read({ ...PLACE, name: 'key', path: 'SLUICE_SECRET_KEY' }),
    ).rejects.toThrow('set SLUICE_SECRET_KEY');
  });
});
