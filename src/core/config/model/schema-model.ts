import { z } from 'zod';
import {
  COMPATIBILITY_MODES,
  DEFAULT_COMPATIBILITY,
} from '#core/schema/evolution/compatibility-mode.ts';

/** How the next version of a stream's schema may differ. One for all environments, as schemas are. */
export const compatibilityModel = z
  .enum(COMPATIBILITY_MODES)
  .optional()
  .meta({ default: DEFAULT_COMPATIBILITY })
  .describe('what the next version of a schema may change; see docs/schemas.md');

/** Source: AWS Glue API, CreateRegistry, `RegistryName`. */
const registryName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[a-zA-Z0-9_$#.-]+$/, {
    error: () => 'expected letters, digits and _ $ # . -, for instance sluice-prod',
  })
  .describe('name of the registry; default: <platform>-<environment>');

const glueModel = z.strictObject({
  kind: z.literal('glue').describe('AWS Glue Schema Registry'),
  name: registryName.optional(),
});

const confluentModel = z.strictObject({
  kind: z.literal('confluent').describe('a registry with the API of Confluent'),
  url: z
    .url({
      protocol: /^https?$/,
      error: () => 'expected a URL such as https://registry.example.com',
    })
    .describe('address of the registry'),
  auth: z
    .strictObject({
      user: z.string().min(1).describe('user or API key'),
      password: z
        .string()
        .regex(/^\$\{secret:[a-z][a-z0-9_]*\}$/, {
          error: () => `expected a reference such as ${'$'}{secret:registry_password}`,
        })
        .describe('a secret, never the password itself'),
    })
    .optional()
    .describe('basic authentication; left out: none'),
});

/** Where schema versions are published, and whose ids stand in the records. */
export const schemaRegistryModel = z
  .union([z.literal('none'), z.discriminatedUnion('kind', [glueModel, confluentModel])], {
    error: () => 'expected none, { kind: glue } or { kind: confluent, url: … }',
  })
  .optional()
  .describe('whose schema ids stand in the records: ours (none), AWS Glue or a Confluent registry');

export type SchemaRegistryInput = z.infer<typeof schemaRegistryModel>;
