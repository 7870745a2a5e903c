import { LOCAL_REGION, type SecretsManagerService, type SsmService } from '#embedded/services.ts';
import { splitSelector } from '#embedded/ssm/parameter-name.ts';
import { parameterArn } from '#embedded/ssm/stored-parameter.ts';
import {
  arnOf,
  type CallInput,
  EVERYTHING,
  type JsonCallTable,
  type ServiceCall,
  textMember,
} from './service-call.ts';

/** Encrypted with a key of the customer: whoever reads needs the key as well. Source: Secrets Manager user guide, "Permissions for the KMS key". */
function decryption(
  keyId: string | null,
  service: 'secretsmanager' | 'ssm',
): readonly ServiceCall[] {
  if (keyId === null || keyId.startsWith('alias/aws/')) return [];
  const resource = keyId.startsWith('arn:') ? keyId : arnOf('kms', `key/${keyId}`);
  const context = { 'kms:ViaService': `${service}.${LOCAL_REGION}.amazonaws.com` };
  return [{ action: 'kms:Decrypt', resource, context }];
}

/** A secret that does not exist is judged by its name: a policy for names with any suffix allows to hear so. */
function secretArns(secrets: Pick<SecretsManagerService, 'find'>) {
  return (input: CallInput): readonly string[] => {
    const id = textMember(input, 'SecretId');
    const arn = secrets.find(id)?.arn;
    return [arn ?? (id.startsWith('arn:') ? id : arnOf('secretsmanager', `secret:${id}-000000`))];
  };
}

/** Source: Service authorization reference, AWS Secrets Manager. */
export function secretsManagerCalls(secrets: Pick<SecretsManagerService, 'find'>): JsonCallTable {
  const named = secretArns(secrets);
  return {
    CreateSecret: (input) => [
      arnOf('secretsmanager', `secret:${textMember(input, 'Name')}-000000`),
    ],
    DeleteSecret: named,
    DescribeSecret: named,
    GetRandomPassword: EVERYTHING,
    GetSecretValue: (input) => [
      ...named(input),
      ...decryption(
        secrets.find(textMember(input, 'SecretId'))?.kmsKeyId ?? null,
        'secretsmanager',
      ),
    ],
    ListSecrets: EVERYTHING,
    PutSecretValue: named,
    RestoreSecret: named,
    UpdateSecret: named,
  };
}

const namedParameter = (input: CallInput) => [
  parameterArn(splitSelector(textMember(input, 'Name')).name),
];

function namesOf(input: CallInput): readonly string[] {
  const names = input['Names'];
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

/** Source: Service authorization reference, AWS Systems Manager. */
export function ssmCalls(parameters: Pick<SsmService, 'keyOf'>): JsonCallTable {
  const decrypted = (input: CallInput, names: readonly string[]): readonly ServiceCall[] =>
    input['WithDecryption'] === true
      ? names.flatMap((name) => decryption(parameters.keyOf(name), 'ssm'))
      : [];
  return {
    DeleteParameter: namedParameter,
    DeleteParameters: (input) => namesOf(input).map(parameterArn),
    DescribeParameters: EVERYTHING,
    GetParameter: (input) => [
      ...namedParameter(input),
      ...decrypted(input, [textMember(input, 'Name')]),
    ],
    GetParameterHistory: namedParameter,
    GetParameters: (input) => [
      ...namesOf(input).map((name) => parameterArn(splitSelector(name).name)),
      ...decrypted(input, namesOf(input)),
    ],
    GetParametersByPath: (input) => [parameterArn(textMember(input, 'Path').replace(/\/$/, ''))],
    PutParameter: namedParameter,
  };
}
