import { Aws } from 'aws-cdk-lib';
import type { SecretPlace } from '#core/secret/secret-settings.ts';
import type { SecretsConfig } from '#core/secret/secrets-config.ts';
import type { Grant } from './policy-grants.ts';

/**
 * What a function needs to read the secrets of its configuration in AWS: each by its name, and the customer key that
 * encrypts them, through the service only. Secrets elsewhere need no grant.
 */
export function secretGrants(config: SecretsConfig): readonly Grant[] {
  const { secretsmanager, ssm } = config.backends;
  return [
    ...grantsOf(placesIn(config, 'secretsmanager').map(secretArn), {
      service: 'secretsmanager',
      action: 'secretsmanager:GetSecretValue',
      kmsKeyArn: secretsmanager.kmsKeyArn,
    }),
    ...grantsOf(placesIn(config, 'ssm').map(parameterArn), {
      service: 'ssm',
      action: 'ssm:GetParameter',
      kmsKeyArn: ssm.kmsKeyArn,
    }),
  ];
}

function placesIn(config: SecretsConfig, backend: SecretPlace['backend']): readonly SecretPlace[] {
  return Object.values(config.places).filter((place) => place.backend === backend);
}

function grantsOf(
  arns: readonly string[],
  read: { readonly service: string; readonly action: string; readonly kmsKeyArn: string | null },
): readonly Grant[] {
  if (arns.length === 0) return [];
  const reading: Grant = { actions: [read.action], resources: [...new Set(arns)].sort() };
  if (read.kmsKeyArn === null) return [reading];
  const via = `${read.service}.${Aws.REGION}.${Aws.URL_SUFFIX}`;
  const decrypting: Grant = {
    actions: ['kms:Decrypt'],
    resources: [read.kmsKeyArn],
    conditions: { StringEquals: { 'kms:ViaService': via } },
  };
  return [reading, decrypting];
}

/**
 * Secrets Manager puts a hyphen and six random characters after a secret's name: six question marks stand for exactly
 * those, so that no longer name is meant. Source: Secrets Manager user guide, "Permissions policy examples".
 */
function secretArn({ path }: SecretPlace): string {
  if (!path.startsWith('arn:')) {
    return `arn:${Aws.PARTITION}:secretsmanager:${Aws.REGION}:${Aws.ACCOUNT_ID}:secret:${path}-??????`;
  }
  return /-[A-Za-z0-9]{6}$/.test(path) ? path : `${path}-??????`;
}

/** The slash a path begins with is the one the ARN has after its type. Source: Service authorization reference, AWS Systems Manager. */
function parameterArn({ path }: SecretPlace): string {
  if (path.startsWith('arn:')) return path;
  const name = path.replace(/^\//, '');
  return `arn:${Aws.PARTITION}:ssm:${Aws.REGION}:${Aws.ACCOUNT_ID}:parameter/${name}`;
}
