import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasCode, type SluiceError } from '#core/errors.ts';
import type { SecretBackend, SecretReference } from '#ports/secret-store.ts';

export interface SecretBackendUnderTest {
  readonly backend: SecretBackend;
  /** Stores a value as an operator would, and says where; an existing one is replaced. */
  readonly store: (name: string, value: string) => Promise<Omit<SecretReference, 'name'>>;
  /** Stores members in one secret and says where one of them is; left out where a secret is one value. */
  readonly storeMembers?: (
    name: string,
    members: Readonly<Record<string, unknown>>,
    key: string,
  ) => Promise<Omit<SecretReference, 'name'>>;
  readonly remove: (name: string) => Promise<void>;
  /** From now on the caller may not read; left out where nothing can refuse. */
  readonly refuse?: () => Promise<void>;
  readonly close?: () => Promise<void>;
}

const VALUE = `pa$$ \${secret:x} wörd"\\\t€🔑`;

/** What every SecretBackend keeps to; each adapter runs it. */
export function describeSecretBackend(
  name: string,
  setup: () => Promise<SecretBackendUnderTest>,
  /** What the backend can do besides. */
  abilities: { readonly members: boolean; readonly refuses: boolean },
): void {
  describe(`secret backend contract: ${name}`, () => {
    let tested: SecretBackendUnderTest;
    beforeEach(async () => {
      tested = await setup();
    });
    afterEach(() => tested.close?.());

    const read = (secret: string, place: Omit<SecretReference, 'name'>) =>
      tested.backend.read({ name: secret, ...place });

    it('gives the value as it was stored, whatever characters it has', async () => {
      expect(await read('api_key', await tested.store('api_key', VALUE))).toBe(VALUE);
    });

    it('gives the newest value, not the one it gave before', async () => {
      const place = await tested.store('api_key', 'first-value');
      expect(await read('api_key', place)).toBe('first-value');
      await tested.store('api_key', 'second-value');
      expect(await read('api_key', place)).toBe('second-value');
    });

    it('keeps secrets apart', async () => {
      const one = await tested.store('one', 'value-of-one');
      const two = await tested.store('two', 'value-of-two');
      expect(await Promise.all([read('one', one), read('two', two)])).toEqual([
        'value-of-one',
        'value-of-two',
      ]);
    });

    it('takes a long value', async () => {
      const long = 'k'.repeat(4_000);
      expect(await read('long', await tested.store('long', long))).toBe(long);
    });

    it('says of a secret that was removed that there is none, where, and what to do', async () => {
      const place = await tested.store('api_key', 'removed-value');
      await tested.remove('api_key');
      const error = await failureOf(read('api_key', place));
      expect(hasCode(error, 'SECRET_NOT_FOUND')).toBe(true);
      expect(error.retryable).toBe(false);
      expect(error.message).toContain('secret "api_key"');
      expect(error.message).toContain(place.path);
      expect(error.message).toMatch(/; .+$/);
      expectNothingOf(error, 'removed-value');
    });

    if (abilities.refuses) {
      it('says of a refusal that it may be asked again, and tells no value', async () => {
        const place = await tested.store('api_key', 'refused-value');
        await read('api_key', place);
        await tested.refuse?.();
        const error = await failureOf(read('api_key', place));
        expect(error.code).toBe('SECRET_UNAVAILABLE');
        expect(error.retryable).toBe(true);
        expect(error.message).toContain('secret "api_key"');
        expect(error.message).toContain(place.path);
        expectNothingOf(error, 'refused-value');
      });
    }

    if (!abilities.members) return;
    const storeMembers: NonNullable<SecretBackendUnderTest['storeMembers']> = (...args) =>
      tested.storeMembers?.(...args) ?? Promise.reject(new Error('no members'));

    it('gives one member of a secret that holds several', async () => {
      const members = { user: 'reader', password: VALUE };
      expect(await read('db', await storeMembers('db', members, 'password'))).toBe(VALUE);
    });

    it('says which member is missing or no text, and nothing of the others', async () => {
      const members = { user: 'hidden-user', port: 5432 };
      for (const [key, problem] of [
        ['password', 'has no member password'],
        ['toString', 'has no member toString'],
        ['port', 'member port is no text'],
      ] as const) {
        const error = await failureOf(read('db', await storeMembers('db', members, key)));
        expect(error.code).toBe('SECRET_NOT_FOUND');
        expect(error.message).toContain(problem);
        expectNothingOf(error, 'hidden-user');
        expectNothingOf(error, '5432');
      }
    });
  });
}

async function failureOf(reading: Promise<string>): Promise<SluiceError> {
  try {
    await reading;
  } catch (error) {
    return error as SluiceError;
  }
  throw new Error('expected a failure, got a value');
}

/** In no part of the error that anybody could print. */
function expectNothingOf(error: SluiceError, value: string): void {
  const shown = [error.message, error.stack, JSON.stringify(error.context), String(error.cause)];
  expect(shown.join('\n')).not.toContain(value);
}
