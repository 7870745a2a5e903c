import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { secretNotFound, secretUnavailable } from '#core/secret/secret-failure.ts';
import { readMember } from '#core/secret/secret-member.ts';
import type { SecretBackend, SecretReference } from '#ports/secret-store.ts';

const BACKEND = 'AWS Systems Manager Parameter Store';

/** Secrets in parameters of Parameter Store: SecureString, decrypted by the service, or String. */
export function createSsmSecretBackend(client: Pick<SSMClient, 'send'>): SecretBackend {
  return {
    async read(reference) {
      const { path, version } = reference;
      // Source: Systems Manager API reference, GetParameter, Name: a version follows a colon.
      const Name = version === null ? path : `${path}:${version}`;
      const answer = await client
        .send(new GetParameterCommand({ Name, WithDecryption: true }))
        .catch((error: unknown) => {
          throw describe(error, reference);
        });
      return readMember(answer.Parameter?.Value ?? '', reference);
    },
  };
}

/** Source: Systems Manager API reference, GetParameter, Errors. */
function describe(error: unknown, reference: SecretReference): Error {
  const name = error instanceof Error ? error.name : 'unknown error';
  switch (name) {
    case 'ParameterNotFound':
      return secretNotFound(reference, {
        backend: BACKEND,
        next: `aws ssm put-parameter --type SecureString --name ${reference.path} --value file://…`,
      });
    case 'ParameterVersionNotFound':
      return secretNotFound(reference, {
        backend: BACKEND,
        problem: 'it has no such version',
        next: 'correct the version; the oldest of more than a hundred are deleted',
      });
    case 'AccessDeniedException':
      return secretUnavailable(reference, {
        backend: BACKEND,
        problem: 'access is denied',
        next: 'allow the caller ssm:GetParameter on it, and kms:Decrypt with a key of your own (secrets.ssm.kms_key)',
      });
    default:
      return secretUnavailable(reference, {
        backend: BACKEND,
        problem: `the call failed (${name})`,
        next: 'it is asked again with the next use; check network, credentials and region',
      });
  }
}
