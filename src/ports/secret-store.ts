import type { SecretPlace } from '#core/secret/secret-settings.ts';

/** A secret and where it is. */
export interface SecretReference extends SecretPlace {
  /** Name in the configuration, for messages: `prices_api_key`. */
  readonly name: string;
}

/**
 * One place secrets are kept in (`src/runtime/secret-backends.ts` has them by name). No answer, error or log line holds
 * a value, but what `read` resolves to.
 */
export interface SecretBackend {
  /**
   * The value as it is now, never empty. Throws SECRET_NOT_FOUND when the backend says that there is none, and
   * SECRET_UNAVAILABLE when it cannot be asked or refuses; both name secret, backend, place and next step.
   */
  read(reference: SecretReference): Promise<string>;
}

/** Secrets by the names of the configuration, from whichever backends keep them. */
export interface SecretStore {
  /**
   * The value of `${secret:name}`, kept for a while. `fresh` asks the backend again: for whoever was refused with the
   * value that is kept. Throws as SecretBackend.read, and SECRET_NOT_FOUND for a name that is not configured.
   */
  read(name: string, options?: { readonly fresh?: boolean }): Promise<string>;
}

/** A store that knows what it gave out. */
export interface RedactingSecretStore extends SecretStore {
  /** The text without any value that was ever read, for errors and logs of libraries that quote what they were given. */
  redact(text: string): string;
}
