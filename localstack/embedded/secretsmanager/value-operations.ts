import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { readMembers } from '#embedded/gateway/json-members.ts';
import { AwsError, type JsonOperation } from '#embedded/gateway/json-protocol.ts';
import type { LocalSecrets } from './secret-store.ts';
import {
  CURRENT,
  type SecretVersion,
  type StoredSecret,
  versionWith,
  withVersion,
} from './stored-secret.ts';

export const secretId = z.string().min(1).max(2048);
const MAX_VALUE_BYTES = 65_536;
const MAX_STAGES = 20;

/** The members of a request that hold a value, and the token that makes it repeatable. */
export const valueMembers = {
  ClientRequestToken: z.string().min(32).max(64).optional(),
  SecretString: z
    .string()
    .refine((text) => Buffer.byteLength(text) <= MAX_VALUE_BYTES, {
      error: () => `at most ${MAX_VALUE_BYTES} bytes`,
    })
    .optional(),
  SecretBinary: z
    .base64()
    .min(1)
    .max((MAX_VALUE_BYTES * 4) / 3 + 4)
    .optional(),
};

export type ValueMembers = z.infer<z.ZodObject<typeof valueMembers>>;

const getValue = z.strictObject({
  SecretId: secretId,
  VersionId: z.string().min(32).max(64).optional(),
  VersionStage: z.string().min(1).max(256).optional(),
});

const putValue = z.strictObject({
  SecretId: secretId,
  ...valueMembers,
  VersionStages: z.array(z.string().min(1).max(256)).min(1).max(MAX_STAGES).optional(),
});

/** Source: Secrets Manager API reference, GetSecretValue and PutSecretValue. */
export function valueOperations(secrets: LocalSecrets): Readonly<Record<string, JsonOperation>> {
  return {
    GetSecretValue(input) {
      const request = readMembers(getValue, input);
      const secret = secrets.requireActive(request.SecretId);
      const version = chooseVersion(secret, request);
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        ...(version.text === null ? {} : { SecretString: version.text }),
        ...(version.base64 === null ? {} : { SecretBinary: version.base64 }),
        VersionStages: version.stages,
        CreatedDate: version.createdMs / 1_000,
      };
    },
    PutSecretValue(input) {
      const request = readMembers(putValue, input);
      const secret = secrets.requireActive(request.SecretId);
      if (!hasValue(request)) {
        throw new AwsError(
          'InvalidRequestException',
          'You must provide either SecretString or SecretBinary.',
        );
      }
      const { changed, version } = addVersion(secret, request, {
        // The first value is the current one whatever labels it is given.
        stages: secret.versions.length === 0 ? [CURRENT] : (request.VersionStages ?? [CURRENT]),
        nowMs: secrets.nowMs(),
      });
      if (changed !== secret) secrets.put(changed);
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        VersionStages: version.stages,
      };
    },
  };
}

function chooseVersion(
  secret: StoredSecret,
  request: { readonly VersionId?: string | undefined; readonly VersionStage?: string | undefined },
): SecretVersion {
  const { VersionId: id, VersionStage: stage } = request;
  if (id === undefined) {
    const found = versionWith(secret, stage ?? CURRENT);
    if (found !== null) return found;
    throw notFound(`staging label: ${stage ?? CURRENT}`);
  }
  const found = secret.versions.find((version) => version.id === id);
  if (found === undefined) throw notFound(`VersionId: ${id}`);
  if (stage === undefined || found.stages.includes(stage)) return found;
  throw new AwsError(
    'InvalidRequestException',
    'You provided a VersionStage that is not associated to the provided VersionId.',
  );
}

function notFound(what: string): AwsError {
  return new AwsError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${what}`,
  );
}

export function hasValue(request: ValueMembers): boolean {
  return request.SecretString !== undefined || request.SecretBinary !== undefined;
}

/**
 * The secret with the value of a request as a new version. A token that was used before gives the version it made, when
 * the value is the same. Throws ResourceExistsException when it is not, InvalidParameterException for two values.
 */
export function addVersion(
  secret: StoredSecret,
  request: ValueMembers,
  options: { readonly stages: readonly string[]; readonly nowMs: number },
): { readonly changed: StoredSecret; readonly version: SecretVersion } {
  if (request.SecretString !== undefined && request.SecretBinary !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  const id = request.ClientRequestToken ?? randomUUID();
  const [text, base64] = [request.SecretString ?? null, request.SecretBinary ?? null];
  const before = secret.versions.find((version) => version.id === id);
  if (before !== undefined) {
    if (before.text === text && before.base64 === base64)
      return { changed: secret, version: before };
    throw new AwsError(
      'ResourceExistsException',
      `The version ${id} exists already with another value; versions cannot be changed.`,
    );
  }
  const { stages, nowMs } = options;
  const version = { id, text, base64, createdMs: nowMs, stages };
  const versions = withVersion(secret.versions, version);
  return { changed: { ...secret, versions, changedMs: nowMs }, version };
}
