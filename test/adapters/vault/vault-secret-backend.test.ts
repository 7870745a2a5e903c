import { describe, expect, it, onTestFinished } from 'vitest';
import { createVaultSecretBackend, type VaultLogin } from '#adapters/vault/vault-secret-backend.ts';
import type { SecretBackend } from '#ports/secret-store.ts';
import { describeSecretBackend } from '#test/contracts/secret-backend.contract.ts';
import { startVault, type TestVault } from './start-vault.ts';

const PLACE = { backend: 'vault', path: 'kv/prices', key: 'value', version: null } as const;
const ROOT: VaultLogin = { method: 'token', token: async () => 'root-token' };

interface Opened {
  readonly backend: SecretBackend;
  /** Milliseconds that were waited between attempts. */
  readonly pauses: number[];
}

function openBackend(
  vault: Pick<TestVault, 'address'>,
  options: {
    readonly login?: VaultLogin;
    readonly namespace?: string;
    readonly timeoutMs?: number;
  } = {},
): Opened {
  const pauses: number[] = [];
  const backend = createVaultSecretBackend({
    address: vault.address,
    namespace: options.namespace ?? null,
    mounts: ['team/kv'],
    login: options.login ?? ROOT,
    clock: {
      async sleep(ms) {
        pauses.push(ms);
      },
    },
    random: { next: () => 1 },
    timeoutMs: options.timeoutMs ?? 2_000,
  });
  return { backend, pauses };
}

describeSecretBackend(
  'Vault',
  async () => {
    const vault = await startVault();
    const put = (name: string, members: Readonly<Record<string, unknown>>) => {
      const path = `kv/prices/${name}`;
      vault.secrets.set(path, [...(vault.secrets.get(path) ?? []), members]);
      return { ...PLACE, path };
    };
    return {
      backend: openBackend(vault).backend,
      store: async (name, value) => put(name, { value }),
      storeMembers: async (name, members, key) => ({ ...put(name, members), key }),
      async remove(name) {
        vault.secrets.get(`kv/prices/${name}`)?.push(null);
      },
      async refuse() {
        vault.tokens.set('root-token', 'something/else');
      },
      close: vault.close,
    };
  },
  { members: true, refuses: true },
);

describe('secrets in Vault', () => {
  async function setUp(): Promise<TestVault> {
    const vault = await startVault();
    onTestFinished(vault.close);
    vault.secrets.set('kv/prices', [{ value: 'v1' }, { value: 'v2' }]);
    return vault;
  }
  const read = (backend: SecretBackend, changes: Partial<typeof PLACE> & object = {}) =>
    backend.read({ ...PLACE, ...changes, name: 'key' });

  it('reads the version that is asked for', async () => {
    const { backend } = openBackend(await setUp());
    expect(await backend.read({ ...PLACE, name: 'key', version: 1 })).toBe('v1');
  });

  it('tells a deleted version from a secret that never was', async () => {
    const vault = await setUp();
    vault.secrets.get('kv/prices')?.push(null);
    const { backend } = openBackend(vault);
    await expect(read(backend)).rejects.toThrow('the version is deleted; vault kv put kv/prices');
    await expect(backend.read({ ...PLACE, path: 'kv/other', name: 'key' })).rejects.toThrow(
      'there is none; vault kv put kv/other',
    );
  });

  it('finds engines with slashes in their name, and escapes the rest of the path', async () => {
    const vault = await setUp();
    vault.secrets.set('team/kv/a b/ä?', [{ value: 'odd' }]);
    const { backend } = openBackend(vault);
    expect(await backend.read({ ...PLACE, path: 'team/kv/a b/ä?', name: 'key' })).toBe('odd');
    expect(vault.requests).toEqual(['GET /v1/team/kv/data/a%20b/%C3%A4%3F']);
  });

  it('names the namespace', async () => {
    const vault = await setUp();
    vault.namespace = 'team-a';
    const { backend } = openBackend(vault, { namespace: 'team-a' });
    expect(await read(backend)).toBe('v2');
    await expect(read(openBackend(vault).backend)).rejects.toThrow('there is none');
  });

  it('repeats what is worth repeating, waiting longer each time', async () => {
    const vault = await setUp();
    vault.failures.push(503, 429, 412);
    const { backend, pauses } = openBackend(vault);
    expect(await read(backend)).toBe('v2');
    expect(pauses).toEqual([200, 400, 800]);
  });

  it('gives up after four attempts and says what Vault answered', async () => {
    const vault = await setUp();
    vault.failures.push(503, 503, 503, 503);
    const { backend } = openBackend(vault);
    await expect(read(backend)).rejects.toThrow('it answers 503');
    expect(vault.requests).toHaveLength(4);
  });

  it('repeats after a lost connection and after silence', async () => {
    const vault = await setUp();
    vault.failures.push('reset', 'hang');
    const { backend } = openBackend(vault, { timeoutMs: 100 });
    expect(await read(backend)).toBe('v2');
  });

  it('says that nobody is there', async () => {
    const vault = await setUp();
    await vault.close();
    const { backend } = openBackend(vault);
    await expect(read(backend)).rejects.toThrow('it cannot be reached (ECONNREFUSED)');
  });

  it('does not repeat a denial', async () => {
    const vault = await setUp();
    vault.tokens.set('weak-token', 'other');
    const login: VaultLogin = { method: 'token', token: async () => 'weak-token' };
    const { backend, pauses } = openBackend(vault, { login });
    await expect(read(backend)).rejects.toThrow('permission is denied (403)');
    expect(pauses).toEqual([]);
  });

  it('follows a standby to the active node', async () => {
    const vault = await setUp();
    const active = await setUp();
    vault.failures.push({ redirect: `${active.address}/v1/kv/data/prices` });
    expect(await read(openBackend(vault).backend)).toBe('v2');
    expect(active.requests).toHaveLength(1);
  });

  it('carries its token to no other protocol', async () => {
    const vault = await setUp();
    vault.failures.push({ redirect: 'ftp://127.0.0.1/v1/kv/data/prices' });
    await expect(read(openBackend(vault).backend)).rejects.toThrow('it answers 307');
  });

  it('reads a fresh token when the one it has is refused, once', async () => {
    const vault = await setUp();
    const asked: boolean[] = [];
    const login: VaultLogin = {
      method: 'token',
      async token({ fresh }) {
        asked.push(fresh);
        return fresh ? 'root-token' : 'expired-token';
      },
    };
    const { backend } = openBackend(vault, { login });
    expect(await read(backend)).toBe('v2');
    expect(await read(backend)).toBe('v2');
    expect(asked).toEqual([false, true]);
  });

  it('logs in with AppRole once for many reads, and again when its token has expired', async () => {
    const vault = await setUp();
    vault.roles.set('role', 'secret');
    const login: VaultLogin = {
      method: 'approle',
      mount: 'approle',
      credentials: async () => ({ roleId: 'role', secretId: 'secret' }),
    };
    const { backend } = openBackend(vault, { login });
    expect(await Promise.all([read(backend), read(backend)])).toEqual(['v2', 'v2']);
    vault.tokens.delete('issued-token-1');
    expect(await Promise.all([read(backend), read(backend)])).toEqual(['v2', 'v2']);
    const logins = vault.requests.filter((request) => request.startsWith('POST'));
    expect(logins).toEqual(['POST /v1/auth/approle/login', 'POST /v1/auth/approle/login']);
  });

  it('says that a login is refused, and nothing of its credentials', async () => {
    const vault = await setUp();
    vault.roles.set('role', 'right-secret');
    const login: VaultLogin = {
      method: 'approle',
      mount: 'approle',
      credentials: async () => ({ roleId: 'role', secretId: 'wrong-secret' }),
    };
    const { backend } = openBackend(vault, { login });
    const reading = read(backend);
    await expect(reading).rejects.toThrow('it refuses the AppRole login (400)');
    await expect(reading).rejects.not.toThrow('wrong-secret');
    vault.roles.set('role', 'wrong-secret');
    expect(await read(backend)).toBe('v2');
  });
});
