import { createHash } from 'node:crypto';
import { z } from 'zod';
import { passwordMembers } from '../../secretsmanager/secret-operations.ts';
import { secretArn } from '../../secretsmanager/secret-store.ts';
import type { TemplateSecret } from '../../secretsmanager/template-secret.ts';
import {
  defineResourceType,
  type PropertyProblem,
  type ResourcePlace,
  type ResourceType,
} from '../resource-type.ts';
import { tags } from './tags.ts';

const jsonObject = z.string().transform((text, context) => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch {
    // Reported below.
  }
  context.addIssue({ code: 'custom', message: 'expected the text of a JSON object' });
  return z.NEVER;
});

/** Source: AWS CloudFormation, AWS::SecretsManager::Secret. A SecretString would be a value in the template: it is refused. */
const secret = z.strictObject({
  Name: z
    .string()
    .regex(/^[\w/+=.@-]{1,512}$/)
    .optional(),
  Description: z.string().max(2048).optional(),
  KmsKeyId: z.string().optional(),
  GenerateSecretString: z
    .strictObject({
      ...passwordMembers,
      SecretStringTemplate: jsonObject.optional(),
      GenerateStringKey: z.string().min(1).optional(),
    })
    .optional(),
  Tags: tags,
});
type Secret = z.infer<typeof secret>;

function check({ GenerateSecretString: generate }: Secret): readonly PropertyProblem[] {
  const hasTemplate = generate?.SecretStringTemplate !== undefined;
  if (hasTemplate === (generate?.GenerateStringKey !== undefined)) return [];
  const message = 'expected SecretStringTemplate and GenerateStringKey, both or neither';
  return [{ about: 'value', path: ['GenerateSecretString'], message }];
}

/** The characters after the name are the same at every start. */
function arnOf(properties: Secret, place: ResourcePlace): { name: string; arn: string } {
  const name = properties.Name ?? place.generatedName;
  const digest = createHash('sha256').update(`${place.stack}/${place.logicalId}/${name}`);
  const suffix = digest
    .digest('base64')
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 6);
  return { name, arn: secretArn(name, suffix) };
}

function generateOf(generate: Secret['GenerateSecretString']): TemplateSecret['generate'] {
  if (generate === undefined) return null;
  const { SecretStringTemplate: template, GenerateStringKey: key, ...rules } = generate;
  const into = template === undefined || key === undefined ? null : { template, key };
  return { rules, into };
}

export const SECRETSMANAGER_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::SecretsManager::Secret': defineResourceType({
    properties: secret,
    identify(properties, place) {
      const { arn } = arnOf(properties, place);
      return { ref: arn, attributes: { Id: arn } };
    },
    check,
    ensure(properties, { services, place }) {
      services.secretsManager.ensureSecret({
        ...arnOf(properties, place),
        description: properties.Description ?? null,
        kmsKeyId: properties.KmsKeyId ?? null,
        tags: properties.Tags ?? [],
        generate: generateOf(properties.GenerateSecretString),
      });
    },
  }),
};
