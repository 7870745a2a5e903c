import { z } from 'zod';
import { localArn } from '../local-arn.ts';
import { defineResourceType, type ResourceType } from '../resource-type.ts';
import { tags } from './tags.ts';

const table = z.strictObject({
  TableName: z.string().optional(),
  BillingMode: z.literal('PAY_PER_REQUEST'),
  KeySchema: z
    .array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }))
    .min(1)
    .max(2),
  AttributeDefinitions: z.array(
    z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  // Accepted without effect: restoring to a point in time and deletion protection belong to an account.
  PointInTimeRecoverySpecification: z
    .strictObject({ PointInTimeRecoveryEnabled: z.boolean() })
    .optional(),
  DeletionProtectionEnabled: z.boolean().optional(),
  Tags: tags,
});

export const DYNAMODB_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::DynamoDB::Table': defineResourceType({
    properties: table,
    identify(properties, place) {
      const name = properties.TableName ?? place.generatedName;
      return { ref: name, attributes: { Arn: localArn('dynamodb', `table/${name}`) } };
    },
    ensure: (properties, { services, identity }) =>
      services.dynamoDb.ensureTable({
        name: identity.ref,
        keySchema: properties.KeySchema,
        attributeDefinitions: properties.AttributeDefinitions,
      }),
  }),
};
