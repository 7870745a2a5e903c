import { z } from 'zod';
import { pageOf, readMembers } from '#embedded/gateway/json-members.ts';
import { AwsError, type JsonOperation } from '#embedded/gateway/json-protocol.ts';
import { listFilters, matchesFilters } from './list-filters.ts';
import { randomPassword } from './random-password.ts';
import { type LocalSecrets, newSecretArn } from './secret-store.ts';
import { CURRENT, type StoredSecret } from './stored-secret.ts';
import { addVersion, hasValue, secretId, valueMembers } from './value-operations.ts';

const DAY_MS = 86_400_000;
const DEFAULT_WINDOW_DAYS = 30;
const MAX_PAGE = 100;

const name = z.string().regex(/^[\w/+=.@-]{1,512}$/, {
  error: () => 'a valid name containing alphanumeric characters, or any of the following: -/_+=.@',
});
const tags = z
  .array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) }))
  .max(50);

const createSecret = z.strictObject({
  Name: name,
  ...valueMembers,
  Description: z.string().max(2048).optional(),
  KmsKeyId: z.string().max(2048).optional(),
  Tags: tags.optional(),
});

const updateSecret = z.strictObject({
  SecretId: secretId,
  ...valueMembers,
  Description: z.string().max(2048).optional(),
  KmsKeyId: z.string().max(2048).optional(),
});

const namedSecret = z.strictObject({ SecretId: secretId });

const deleteSecret = z.strictObject({
  SecretId: secretId,
  RecoveryWindowInDays: z.int().optional(),
  ForceDeleteWithoutRecovery: z.boolean().optional(),
});

const listSecrets = z.strictObject({
  MaxResults: z.int().min(1).max(MAX_PAGE).optional(),
  NextToken: z.string().optional(),
  Filters: listFilters.optional(),
  SortOrder: z.enum(['asc', 'desc']).optional(),
  IncludePlannedDeletion: z.boolean().optional(),
});

const flag = z.boolean().default(false);
const getRandomPassword = z.strictObject({
  PasswordLength: z.int().min(1).max(4096).default(32),
  ExcludeCharacters: z.string().max(4096).default(''),
  ExcludeLowercase: flag,
  ExcludeUppercase: flag,
  ExcludeNumbers: flag,
  ExcludePunctuation: flag,
  IncludeSpace: flag,
  RequireEachIncludedType: z.boolean().default(true),
});

/** Members of GetRandomPassword and of a template's GenerateSecretString, with their defaults. */
export const passwordMembers = getRandomPassword.shape;

/** Source: Secrets Manager API reference, one page per operation. */
export function secretOperations(secrets: LocalSecrets): Readonly<Record<string, JsonOperation>> {
  return {
    CreateSecret: (input) => create(secrets, readMembers(createSecret, input)),
    UpdateSecret: (input) => update(secrets, readMembers(updateSecret, input)),
    DescribeSecret: (input) =>
      describeSecret(secrets.require(readMembers(namedSecret, input).SecretId)),
    ListSecrets: (input) => list(secrets, readMembers(listSecrets, input)),
    DeleteSecret: (input) => deleteOne(secrets, readMembers(deleteSecret, input)),
    RestoreSecret(input) {
      const secret = secrets.require(readMembers(namedSecret, input).SecretId);
      if (secret.deletionMs !== null) secrets.put({ ...secret, deletionMs: null });
      return { ARN: secret.arn, Name: secret.name };
    },
    GetRandomPassword(input) {
      const made = generatePassword(readMembers(getRandomPassword, input));
      if ('password' in made) return { RandomPassword: made.password };
      throw new AwsError('InvalidParameterException', made.problem);
    },
  };
}

export function generatePassword(
  rules: z.infer<typeof getRandomPassword>,
): ReturnType<typeof randomPassword> {
  return randomPassword({
    length: rules.PasswordLength,
    excludeCharacters: rules.ExcludeCharacters,
    excludeLowercase: rules.ExcludeLowercase,
    excludeUppercase: rules.ExcludeUppercase,
    excludeNumbers: rules.ExcludeNumbers,
    excludePunctuation: rules.ExcludePunctuation,
    includeSpace: rules.IncludeSpace,
    requireEachIncludedType: rules.RequireEachIncludedType,
  });
}

function create(secrets: LocalSecrets, request: z.infer<typeof createSecret>): unknown {
  const existing = secrets.get(request.Name);
  if (existing !== null) return repeatCreate(existing, request);
  const nowMs = secrets.nowMs();
  const empty: StoredSecret = {
    name: request.Name,
    arn: newSecretArn(request.Name),
    description: request.Description ?? null,
    kmsKeyId: request.KmsKeyId ?? null,
    tags: request.Tags ?? [],
    createdMs: nowMs,
    changedMs: nowMs,
    deletionMs: null,
    versions: [],
  };
  const made = hasValue(request) ? addVersion(empty, request, { stages: [CURRENT], nowMs }) : null;
  secrets.put(made?.changed ?? empty);
  return {
    ARN: empty.arn,
    Name: empty.name,
    ...(made === null ? {} : { VersionId: made.version.id }),
  };
}

/** A repeated call with the token and value of the first one is that call. */
function repeatCreate(existing: StoredSecret, request: z.infer<typeof createSecret>): unknown {
  if (existing.deletionMs !== null) {
    throw new AwsError(
      'InvalidRequestException',
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  const first = existing.versions.find(({ id }) => id === request.ClientRequestToken);
  const isSame =
    first !== undefined &&
    first.text === (request.SecretString ?? null) &&
    first.base64 === (request.SecretBinary ?? null);
  if (isSame) return { ARN: existing.arn, Name: existing.name, VersionId: first.id };
  throw new AwsError(
    'ResourceExistsException',
    `The operation failed because the secret ${request.Name} already exists.`,
  );
}

function update(secrets: LocalSecrets, request: z.infer<typeof updateSecret>): unknown {
  const secret = secrets.requireActive(request.SecretId);
  const nowMs = secrets.nowMs();
  const described = {
    ...secret,
    description: request.Description ?? secret.description,
    kmsKeyId: request.KmsKeyId ?? secret.kmsKeyId,
    changedMs: nowMs,
  };
  const made = hasValue(request)
    ? addVersion(described, request, { stages: [CURRENT], nowMs })
    : null;
  secrets.put(made?.changed ?? described);
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(made === null ? {} : { VersionId: made.version.id }),
  };
}

function deleteOne(secrets: LocalSecrets, request: z.infer<typeof deleteSecret>): unknown {
  const { RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force = false } = request;
  if (force && days !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    );
  }
  if (days !== undefined && (days < 7 || days > 30)) {
    throw new AwsError(
      'InvalidParameterException',
      'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).',
    );
  }
  const nowMs = secrets.nowMs();
  if (force) {
    // Source: DeleteSecret, ForceDeleteWithoutRecovery: a secret that does not exist is no error.
    const secret = secrets.find(request.SecretId);
    const gone = secret ?? { arn: newSecretArn(request.SecretId), name: request.SecretId };
    secrets.delete(gone.name);
    return { ARN: gone.arn, Name: gone.name, DeletionDate: nowMs / 1_000 };
  }
  const secret = secrets.requireActive(request.SecretId);
  const deletionMs = nowMs + (days ?? DEFAULT_WINDOW_DAYS) * DAY_MS;
  secrets.put({ ...secret, deletionMs });
  return { ARN: secret.arn, Name: secret.name, DeletionDate: deletionMs / 1_000 };
}

function list(secrets: LocalSecrets, request: z.infer<typeof listSecrets>): unknown {
  const matching = secrets
    .list()
    .filter(({ deletionMs }) => deletionMs === null || request.IncludePlannedDeletion === true)
    .filter((secret) => matchesFilters(secret, request.Filters ?? []))
    .sort((a, b) => a.createdMs - b.createdMs);
  const sorted = request.SortOrder === 'asc' ? matching : matching.reverse();
  const { page, nextToken } = pageOf(
    sorted,
    { limit: request.MaxResults ?? MAX_PAGE, token: request.NextToken },
    () => new AwsError('InvalidNextTokenException', 'Invalid NextToken'),
  );
  return {
    SecretList: page.map((secret) => {
      const { VersionIdsToStages, ...entry } = describeSecret(secret);
      return { ...entry, SecretVersionsToStages: VersionIdsToStages };
    }),
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
}

function describeSecret(secret: StoredSecret) {
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.description === null ? {} : { Description: secret.description }),
    ...(secret.kmsKeyId === null ? {} : { KmsKeyId: secret.kmsKeyId }),
    CreatedDate: secret.createdMs / 1_000,
    LastChangedDate: secret.changedMs / 1_000,
    ...(secret.deletionMs === null ? {} : { DeletedDate: secret.deletionMs / 1_000 }),
    Tags: secret.tags,
    VersionIdsToStages: Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages])),
  };
}
