import { createHash } from 'node:crypto';
import { localArn } from '#embedded/assembly/local-arn.ts';

export const PARAMETER_TYPES = ['String', 'StringList', 'SecureString'] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];
export const TIERS = ['Standard', 'Advanced', 'Intelligent-Tiering'] as const;
export type Tier = (typeof TIERS)[number];

/** Key of the account that encrypts a SecureString without a key of its own. */
export const ACCOUNT_KEY = 'alias/aws/ssm';

export interface ParameterVersion {
  readonly version: number;
  readonly value: string;
  readonly description: string | null;
  readonly keyId: string | null;
  readonly allowedPattern: string | null;
  readonly tier: Tier;
  readonly modifiedMs: number;
}

export interface StoredParameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  /** Oldest first, at most a hundred. */
  readonly versions: readonly ParameterVersion[];
}

/** The slash a path begins with is no part of the ARN's separator. Source: Service authorization reference, AWS Systems Manager. */
export function parameterArn(name: string): string {
  return localArn('ssm', `parameter/${name.replace(/^\//, '')}`);
}

export function newestVersion(parameter: StoredParameter): ParameterVersion {
  return parameter.versions.at(-1) as ParameterVersion;
}

/** What a reader without decryption gets of a SecureString: it tells nothing of the value but that it changed. */
function encryptedValue(parameter: StoredParameter, version: ParameterVersion): string {
  const seed = `${parameter.name}:${version.version}:${version.modifiedMs}`;
  return `AQICAH${createHash('sha512').update(seed).digest('base64')}`;
}

/** Source: Systems Manager API reference, Parameter. */
export function viewParameter(
  parameter: StoredParameter,
  version: ParameterVersion,
  options: { readonly decrypt: boolean; readonly selector: string | null },
): Readonly<Record<string, unknown>> {
  const isHidden = parameter.type === 'SecureString' && !options.decrypt;
  return {
    Name: parameter.name,
    Type: parameter.type,
    Value: isHidden ? encryptedValue(parameter, version) : version.value,
    Version: version.version,
    ...(options.selector === null ? {} : { Selector: options.selector }),
    LastModifiedDate: version.modifiedMs / 1_000,
    ARN: parameterArn(parameter.name),
    DataType: 'text',
  };
}

/** Source: Systems Manager API reference, ParameterMetadata. */
export function describeParameter(parameter: StoredParameter): Readonly<Record<string, unknown>> {
  const version = newestVersion(parameter);
  return {
    Name: parameter.name,
    ARN: parameterArn(parameter.name),
    Type: parameter.type,
    ...(parameter.type === 'SecureString' ? { KeyId: version.keyId ?? ACCOUNT_KEY } : {}),
    LastModifiedDate: version.modifiedMs / 1_000,
    LastModifiedUser: localUser(),
    ...(version.description === null ? {} : { Description: version.description }),
    ...(version.allowedPattern === null ? {} : { AllowedPattern: version.allowedPattern }),
    Version: version.version,
    Tier: version.tier,
    Policies: [],
    DataType: 'text',
  };
}

function localUser(): string {
  return localArn('iam', 'root').replace(/:iam:[^:]*:/, ':iam::');
}
