import { z } from 'zod';
import { SECRET_BACKEND_KINDS } from '../../secret/secret-settings.ts';
import { nameModel } from './name-model.ts';
import { wholeSeconds } from './quantity.ts';

/** `secrets:` of platform.yaml and of environments: where secrets are, never what they are. */
const MAX_SECRET_NAME = 64;

const backendModel = z
  .enum(SECRET_BACKEND_KINDS)
  .describe(
    'local: SLUICE_SECRET_<NAME>, else a file; env; file; vault; secretsmanager: AWS Secrets Manager; ssm: AWS Systems Manager Parameter Store',
  );

const namedSecretModel = z.strictObject({
  backend: backendModel.optional(),
  path: z
    .string()
    .min(1)
    .max(2_048)
    .optional()
    .describe('name, path or ARN in the backend; default: prefix and name'),
  key: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('member of a secret that holds several (vault, secretsmanager)'),
  version: z.number().int().min(1).optional().describe('default: the newest (vault, ssm)'),
});

const kmsKeyModel = z.strictObject({
  kms_key: z
    .string()
    .regex(/^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/, {
      error: () =>
        'expected the ARN of a key such as arn:aws:kms:eu-central-1:111122223333:key/1234abcd-…',
    })
    .optional()
    .describe('customer key that encrypts the secrets'),
});

const text = z.string().min(1).max(512);

const vaultAuthModel = z.strictObject({
  token: text.optional().describe(`a token: \${secret:vault_token}`),
  role_id: text.optional().describe('AppRole: the role'),
  secret_id: text.optional().describe(`AppRole: its secret: \${secret:vault_secret_id}`),
  mount: text.optional().describe('AppRole: where it is mounted (default: approle)'),
});

const vaultModel = z.strictObject({
  address: z
    .string()
    .regex(/^https?:\/\/[^/?#@\s]+$/, {
      error: () => 'expected an address such as https://vault.example.com:8200',
    })
    .optional()
    .describe('of the Vault server'),
  namespace: text.optional().describe('of Vault Enterprise'),
  mount: text.optional().describe('KV v2 engine (default: secret)'),
  auth: vaultAuthModel.optional().describe('a token, or an AppRole'),
});

export const secretsModel = z
  .strictObject({
    backend: backendModel.optional(),
    prefix: z
      .string()
      .max(256)
      .optional()
      .describe('before the name of a secret (default: <platform>/<environment>/)'),
    cache: wholeSeconds('0s', '24h')
      .optional()
      .describe('how long a function keeps a value (default: 5m)'),
    named: z
      .record(nameModel(MAX_SECRET_NAME), namedSecretModel)
      .nullable()
      .optional()
      .describe('secrets elsewhere than the default; null drops those of platform.yaml'),
    vault: vaultModel.optional().describe('HashiCorp Vault'),
    file: z
      .strictObject({ folder: text.describe('one file per secret') })
      .optional()
      .describe('files of this machine'),
    secretsmanager: kmsKeyModel.optional().describe('AWS Secrets Manager'),
    ssm: kmsKeyModel.optional().describe('AWS Systems Manager Parameter Store'),
  })
  .describe(`where the secrets of \${secret:name} are kept`);

export type SecretsInput = z.infer<typeof secretsModel>;
export type NamedSecretInput = z.infer<typeof namedSecretModel>;
