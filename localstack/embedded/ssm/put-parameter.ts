import { z } from 'zod';
import { readMembers } from '#embedded/gateway/json-members.ts';
import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { NamedItems } from '#embedded/named-items.ts';
import { checkNewName } from './parameter-name.ts';
import {
  newestVersion,
  PARAMETER_TYPES,
  type ParameterVersion,
  type StoredParameter,
  TIERS,
} from './stored-parameter.ts';

/** Source: Systems Manager user guide, "Managing parameter tiers". */
const MAX_CHARACTERS = { Standard: 4_096, Advanced: 8_192, 'Intelligent-Tiering': 8_192 } as const;
const MAX_VERSIONS = 100;

const putParameter = z.strictObject({
  Name: z.string().min(1).max(2048),
  Description: z.string().max(1024).optional(),
  Value: z.string().min(1, { error: () => 'Member must have length greater than or equal to 1' }),
  Type: z.enum(PARAMETER_TYPES).optional(),
  KeyId: z.string().min(1).max(256).optional(),
  Overwrite: z.boolean().default(false),
  AllowedPattern: z.string().max(1024).optional(),
  Tags: z
    .array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) }))
    .max(1_000)
    .default([]),
  Tier: z.enum(TIERS).optional(),
  DataType: z.literal('text').optional(),
});
type PutRequest = z.infer<typeof putParameter>;

/** Source: Systems Manager API reference, PutParameter. */
export function put(
  parameters: NamedItems<StoredParameter>,
  input: Readonly<Record<string, unknown>>,
  nowMs: number,
): unknown {
  const request = readMembers(putParameter, input);
  checkNewName(request.Name);
  const existing = parameters.get(request.Name);
  if (existing !== null) checkOverwrite(existing, request);
  const type = request.Type ?? existing?.type;
  if (type === undefined) {
    throw invalid('A parameter type is required when you create a parameter.');
  }
  if (request.KeyId !== undefined && type !== 'SecureString') {
    throw invalid('KeyId is required for SecureString type parameter only.');
  }
  const before = existing === null ? null : newestVersion(existing);
  const version = newVersion(request, before, nowMs);
  checkValue(version);
  parameters.put({
    name: request.Name,
    type,
    tags: existing?.tags ?? request.Tags,
    versions: [...(existing?.versions ?? []), version].slice(-MAX_VERSIONS),
  });
  return { Version: version.version, Tier: version.tier };
}

function checkOverwrite(existing: StoredParameter, request: PutRequest): void {
  if (!request.Overwrite) {
    throw new AwsError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  }
  if (request.Tags.length > 0) {
    throw invalid(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  if (request.Type !== undefined && request.Type !== existing.type) {
    throw new AwsError(
      'HierarchyTypeMismatchException',
      `Parameter Store does not support changing a parameter type in a hierarchy, here from ${existing.type} to ${request.Type}.`,
    );
  }
}

/** What a new version does not say it has from the one before. */
function newVersion(
  request: PutRequest,
  before: ParameterVersion | null,
  nowMs: number,
): ParameterVersion {
  return {
    version: (before?.version ?? 0) + 1,
    value: request.Value,
    description: request.Description ?? before?.description ?? null,
    keyId: request.KeyId ?? before?.keyId ?? null,
    allowedPattern: request.AllowedPattern ?? before?.allowedPattern ?? null,
    tier: chooseTier(request, before),
    modifiedMs: nowMs,
  };
}

function chooseTier(
  request: PutRequest,
  before: ParameterVersion | null,
): ParameterVersion['tier'] {
  const tier = request.Tier ?? before?.tier ?? 'Standard';
  // An advanced parameter never becomes a standard one again.
  if (before?.tier === 'Advanced' && tier === 'Standard') {
    throw invalid(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.",
    );
  }
  if (tier !== 'Intelligent-Tiering') return tier;
  return request.Value.length > MAX_CHARACTERS.Standard ? 'Advanced' : 'Standard';
}

/** Throws for a value that is too long or does not match the pattern; neither is told. */
export function checkValue({
  value,
  tier,
  allowedPattern,
}: Pick<ParameterVersion, 'value' | 'tier' | 'allowedPattern'>): void {
  const limit = MAX_CHARACTERS[tier];
  if (value.length > limit) {
    throw invalid(
      `${tier} tier parameters support a maximum parameter value of ${limit} characters.${tier === 'Standard' ? ' To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.' : ''}`,
    );
  }
  if (allowedPattern === null) return;
  if (!compile(allowedPattern).test(value)) {
    throw new AwsError(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${allowedPattern}`,
    );
  }
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch {
    throw new AwsError(
      'InvalidAllowedPatternException',
      'The request does not meet the regular expression requirement.',
    );
  }
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
