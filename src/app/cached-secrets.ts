import { SluiceError } from '#core/errors.ts';
import { redact } from '#core/secret/redact.ts';
import type { SecretBackendKind, SecretPlace } from '#core/secret/secret-settings.ts';
import type { Clock } from '#ports/clock.ts';
import type { RedactingSecretStore, SecretBackend } from '#ports/secret-store.ts';

export interface CachedSecretsOptions {
  readonly places: Readonly<Record<string, SecretPlace>>;
  readonly cacheSeconds: number;
  /** Opened when the first secret of its kind is read. */
  readonly backendOf: (kind: SecretBackendKind) => SecretBackend;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** However many callers are refused at once, a backend is asked for a fresh value once in this time. */
const FRESH_PAUSE_MS = 1_000;

interface KeptSecret {
  readonly value: string;
  readonly readMs: number;
}

/** Secrets that are read when they are used, kept for a while, and read once for all who wait. Failures are not kept. */
export function createCachedSecrets(options: CachedSecretsOptions): RedactingSecretStore {
  const values = new Set<string>();
  const kept = new Map<string, KeptSecret>();
  const underWay = new Map<string, Promise<string>>();
  const load = async (name: string, place: SecretPlace): Promise<string> => {
    const value = await options.backendOf(place.backend).read({ name, ...place });
    values.add(value);
    kept.set(name, { value, readMs: options.clock.nowMs() });
    return value;
  };
  return {
    async read(name, { fresh = false } = {}) {
      const place = Object.hasOwn(options.places, name) ? options.places[name] : undefined;
      if (place === undefined) throw notConfigured(name, Object.keys(options.places));
      const known = kept.get(name);
      const ageMs = known === undefined ? Infinity : options.clock.nowMs() - known.readMs;
      const maxAgeMs = options.cacheSeconds * 1_000;
      // A clock that was set back must not keep a value for ever.
      const isGood = ageMs >= 0 && ageMs < (fresh ? Math.min(FRESH_PAUSE_MS, maxAgeMs) : maxAgeMs);
      if (known !== undefined && isGood) return known.value;
      const waiting = underWay.get(name);
      if (waiting !== undefined) return await waiting;
      const loading = load(name, place).finally(() => underWay.delete(name));
      underWay.set(name, loading);
      return await loading;
    },
    redact: (text) => redact(text, values),
  };
}

function notConfigured(name: string, known: readonly string[]): SluiceError {
  const names = known.length === 0 ? 'none' : known.join(', ');
  return new SluiceError(
    'SECRET_NOT_FOUND',
    `secret "${name}" is not among those this configuration names (${names}); deploy the function and its configuration together`,
    { context: { secret: name } },
  );
}
