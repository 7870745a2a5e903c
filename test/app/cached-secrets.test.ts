import { describe, expect, it } from 'vitest';
import { type CachedSecretsOptions, createCachedSecrets } from '#app/cached-secrets.ts';
import { SluiceError } from '#core/errors.ts';

const PLACE = { backend: 'env', path: 'KEY', key: null, version: null } as const;

function setUp(changes: Partial<CachedSecretsOptions> = {}) {
  const world = { nowMs: 1_000_000, reads: 0, opened: [] as string[], fails: false };
  const secrets = createCachedSecrets({
    places: { key: PLACE, other: { ...PLACE, backend: 'ssm', path: '/other' } },
    cacheSeconds: 300,
    clock: { nowMs: () => world.nowMs },
    backendOf(kind) {
      world.opened.push(kind);
      return {
        async read({ name }) {
          const count = ++world.reads;
          await Promise.resolve();
          if (world.fails) throw new SluiceError('SECRET_UNAVAILABLE', 'down');
          return `${name}-${count}`;
        },
      };
    },
    ...changes,
  });
  return { world, secrets };
}

describe('cached secrets', () => {
  it('connect to nothing before a secret is read, and then to its backend only', async () => {
    const { world, secrets } = setUp();
    expect(world.opened).toEqual([]);
    await secrets.read('other');
    expect(world.opened).toEqual(['ssm']);
  });

  it('are read once within their time, and again after it', async () => {
    const { world, secrets } = setUp();
    expect([await secrets.read('key'), await secrets.read('key')]).toEqual(['key-1', 'key-1']);
    world.nowMs += 299_999;
    expect(await secrets.read('key')).toBe('key-1');
    world.nowMs += 1;
    expect(await secrets.read('key')).toBe('key-2');
  });

  it('are read every time when nothing is kept', async () => {
    const { secrets } = setUp({ cacheSeconds: 0 });
    expect([await secrets.read('key'), await secrets.read('key')]).toEqual(['key-1', 'key-2']);
  });

  it('are read once for all who ask at the same time', async () => {
    const { world, secrets } = setUp();
    const values = await Promise.all(Array.from({ length: 50 }, () => secrets.read('key')));
    expect(new Set(values)).toEqual(new Set(['key-1']));
    expect(world.reads).toBe(1);
  });

  it('are asked for again by whoever was refused with the one that is kept', async () => {
    const { world, secrets } = setUp();
    await secrets.read('key');
    world.nowMs += 1_000;
    expect(await secrets.read('key', { fresh: true })).toBe('key-2');
    expect(await secrets.read('key')).toBe('key-2');
  });

  it('ask a backend once a second at most, however many are refused', async () => {
    const { world, secrets } = setUp();
    await secrets.read('key');
    world.nowMs += 5_000;
    for (let refusal = 0; refusal < 20; refusal++) await secrets.read('key', { fresh: true });
    expect(world.reads).toBe(2);
  });

  it('take every value they gave out from a text, also those that were replaced', async () => {
    const { world, secrets } = setUp();
    await secrets.read('key');
    world.nowMs += 5_000;
    await secrets.read('key', { fresh: true });
    expect(secrets.redact('was key-1, is key-2, never key-3')).toBe('was ***, is ***, never key-3');
  });

  it('keep no failure', async () => {
    const { world, secrets } = setUp();
    world.fails = true;
    await expect(secrets.read('key')).rejects.toThrow('down');
    world.fails = false;
    expect(await secrets.read('key')).toBe('key-2');
  });

  it('do not outlive a clock that is set back', async () => {
    const { world, secrets } = setUp();
    await secrets.read('key');
    world.nowMs -= 1;
    expect(await secrets.read('key')).toBe('key-2');
  });

  it('are known by the names of the configuration only', async () => {
    const { secrets } = setUp();
    await expect(secrets.read('toString')).rejects.toThrow(
      'secret "toString" is not among those this configuration names (key, other)',
    );
  });
});
