import { z } from 'zod';
import { defineResourceType, type ResourceType } from '../resource-type.ts';

/** Source: AWS CloudFormation, AWS::SSM::Parameter, which makes no SecureString. */
const parameter = z.strictObject({
  Name: z
    .string()
    .regex(/^(?:[\w.-]+|(?:\/[\w.-]+)+)$/)
    .max(1011)
    .optional(),
  Type: z.enum(['String', 'StringList'], {
    error: () => 'expected String or StringList: CloudFormation makes no SecureString',
  }),
  Value: z.string().min(1),
  Description: z.string().max(1024).optional(),
  AllowedPattern: z.string().max(1024).optional(),
  DataType: z.literal('text').optional(),
  Tier: z.enum(['Standard', 'Advanced', 'Intelligent-Tiering']).default('Standard'),
  Tags: z.record(z.string(), z.string()).default({}),
});

export const SSM_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::SSM::Parameter': defineResourceType({
    properties: parameter,
    identify({ Name, Type, Value }, place) {
      return { ref: Name ?? place.generatedName, attributes: { Type, Value } };
    },
    ensure(properties, { services, identity }) {
      services.ssm.ensureParameter({
        name: identity.ref,
        type: properties.Type,
        value: properties.Value,
        description: properties.Description ?? null,
        allowedPattern: properties.AllowedPattern ?? null,
        tier: properties.Tier,
        tags: properties.Tags,
      });
    },
  }),
};
