import { secretNotFound } from '#core/secret/secret-failure.ts';
import { readMember } from '#core/secret/secret-member.ts';
import type { SecretBackend } from '#ports/secret-store.ts';

/** Secrets in environment variables; the path is the variable's name. The variables are looked at with every read. */
export function createEnvSecretBackend(
  environment: Readonly<Record<string, string | undefined>>,
): SecretBackend {
  return {
    async read(reference) {
      const value = environment[reference.path];
      if (value !== undefined) return readMember(value, reference);
      throw secretNotFound(reference, {
        backend: 'the environment',
        problem: 'the variable is not set',
        next: `set ${reference.path}`,
      });
    },
  };
}
