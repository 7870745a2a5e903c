import { serveJson } from '#embedded/gateway/json-protocol.ts';
import type { SecretsManagerService } from '#embedded/services.ts';
import { generatePassword, secretOperations } from './secret-operations.ts';
import { type LocalSecrets, openLocalSecrets } from './secret-store.ts';
import { CURRENT, type StoredSecret } from './stored-secret.ts';
import type { TemplateSecret } from './template-secret.ts';
import { addVersion, valueOperations } from './value-operations.ts';

export interface SecretsManagerOptions {
  /** Folder of this service alone. */
  readonly stateDir: string;
  /** Milliseconds since the epoch. @default Date.now */
  readonly nowMs?: () => number;
}

/** AWS Secrets Manager as JSON 1.1. Values stand unencrypted below the state folder, which only its user may read. */
export function createSecretsManagerService(options: SecretsManagerOptions): SecretsManagerService {
  const secrets = openLocalSecrets(options.stateDir, options.nowMs ?? Date.now);
  const operations = { ...secretOperations(secrets), ...valueOperations(secrets) };
  return {
    handle: (request, response) =>
      serveJson(operations, request, { response, contentType: 'application/x-amz-json-1.1' }),
    // Every change is on disk when its call returns.
    close: async () => {},
    ensureSecret: (secret) => ensureSecret(secrets, secret),
    find(secretId) {
      const secret = secrets.find(secretId);
      return secret === null ? null : { arn: secret.arn, kmsKeyId: secret.kmsKeyId };
    },
  };
}

/** A value is generated when the secret is created, and never again. */
function ensureSecret(secrets: LocalSecrets, template: TemplateSecret): void {
  const existing = secrets.get(template.name);
  if (existing !== null && existing.arn !== template.arn) {
    throw new Error(
      `AWS::SecretsManager::Secret Name: a secret ${template.name} exists that this template did not create; delete it or choose another name`,
    );
  }
  const nowMs = secrets.nowMs();
  const described: StoredSecret = {
    createdMs: nowMs,
    changedMs: nowMs,
    deletionMs: null,
    versions: [],
    ...existing,
    name: template.name,
    arn: template.arn,
    description: template.description,
    kmsKeyId: template.kmsKeyId,
    tags: template.tags,
  };
  if (existing !== null || template.generate === null) {
    if (JSON.stringify(existing) !== JSON.stringify(described)) secrets.put(described);
    return;
  }
  const request = { SecretString: generateText(template.generate) };
  secrets.put(addVersion(described, request, { stages: [CURRENT], nowMs }).changed);
}

/** Source: AWS CloudFormation, AWS::SecretsManager::Secret GenerateSecretString. */
function generateText(generate: NonNullable<TemplateSecret['generate']>): string {
  const made = generatePassword(generate.rules);
  if ('problem' in made) {
    throw new Error(`AWS::SecretsManager::Secret GenerateSecretString: ${made.problem}`);
  }
  const { into } = generate;
  return into === null
    ? made.password
    : JSON.stringify({ ...into.template, [into.key]: made.password });
}
