import { z } from 'zod';
import { localArn } from '../local-arn.ts';
import { defineResourceType, type ResourceType } from '../resource-type.ts';
import { tags } from './tags.ts';

const stream = z.strictObject({
  Name: z.string().optional(),
  ShardCount: z.int().min(1),
  RetentionPeriodHours: z.int().min(24).max(8760),
  MaxRecordSizeInKiB: z.int().min(1024).max(10_240).optional(),
  StreamModeDetails: z.strictObject({ StreamMode: z.literal('PROVISIONED') }),
  // Accepted without effect: nothing is encrypted on the own machine.
  StreamEncryption: z
    .strictObject({ EncryptionType: z.literal('KMS'), KeyId: z.literal('alias/aws/kinesis') })
    .optional(),
  Tags: tags,
});

export const KINESIS_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::Kinesis::Stream': defineResourceType({
    properties: stream,
    identify(properties, place) {
      const name = properties.Name ?? place.generatedName;
      return { ref: name, attributes: { Arn: localArn('kinesis', `stream/${name}`) } };
    },
    async ensure(properties, { services, identity }) {
      await services.kinesis.ensureStream({
        name: identity.ref,
        shardCount: properties.ShardCount,
        retentionHours: properties.RetentionPeriodHours,
        ...(properties.MaxRecordSizeInKiB === undefined
          ? {}
          : { maxRecordKib: properties.MaxRecordSizeInKiB }),
      });
    },
  }),
};
