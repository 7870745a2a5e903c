import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { secretNotFound, secretUnavailable } from '#core/secret/secret-failure.ts';
import { readMember } from '#core/secret/secret-member.ts';
import type { SecretBackend, SecretReference } from '#ports/secret-store.ts';

const BACKEND = 'AWS Secrets Manager';

/** Secrets in AWS Secrets Manager: the version AWSCURRENT as text, or one member of it when it is a JSON object. */
export function createSecretsManagerSecretBackend(
  client: Pick<SecretsManagerClient, 'send'>,
): SecretBackend {
  return {
    async read(reference) {
      const answer = await client
        .send(new GetSecretValueCommand({ SecretId: reference.path }))
        .catch((error: unknown) => {
          throw describe(error, reference);
        });
      if (answer.SecretString !== undefined) return readMember(answer.SecretString, reference);
      throw secretNotFound(reference, {
        backend: BACKEND,
        problem: 'it holds bytes, expected text',
        next: 'store it as SecretString',
      });
    },
  };
}

/** Source: Secrets Manager API reference, GetSecretValue, Errors. */
function describe(error: unknown, reference: SecretReference): Error {
  const name = error instanceof Error ? error.name : 'unknown error';
  switch (name) {
    case 'ResourceNotFoundException':
      return secretNotFound(reference, {
        backend: BACKEND,
        next: `aws secretsmanager create-secret --name ${reference.path} --secret-string file://…`,
      });
    case 'InvalidRequestException':
      return secretNotFound(reference, {
        backend: BACKEND,
        problem: 'it is scheduled for deletion',
        next: `aws secretsmanager restore-secret --secret-id ${reference.path}`,
      });
    case 'AccessDeniedException':
      return secretUnavailable(reference, {
        backend: BACKEND,
        problem: 'access is denied',
        next: 'allow the caller secretsmanager:GetSecretValue on it (a deployment does that for its functions)',
      });
    case 'DecryptionFailure':
      return secretUnavailable(reference, {
        backend: BACKEND,
        problem: 'its key cannot be used',
        next: 'name the key in secrets.secretsmanager.kms_key and deploy, and let its policy allow kms:Decrypt',
      });
    default:
      return secretUnavailable(reference, {
        backend: BACKEND,
        problem: `the call failed (${name})`,
        next: 'it is asked again with the next use; check network, credentials and region',
      });
  }
}
