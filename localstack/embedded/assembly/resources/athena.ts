import { z } from 'zod';
import { LOCAL_ACCOUNT } from '../../services.ts';
import { defineResourceType, type ResourceType } from '../resource-type.ts';
import { tags } from './tags.ts';

const workGroup = z.strictObject({
  Name: z.string(),
  State: z.literal('ENABLED').optional(),
  // Accepted without effect: nothing deletes a workgroup here.
  RecursiveDeleteOption: z.boolean().optional(),
  WorkGroupConfiguration: z.strictObject({
    BytesScannedCutoffPerQuery: z.int().min(10_000_000).optional(),
    ResultConfiguration: z.strictObject({
      OutputLocation: z.string().startsWith('s3://'),
      // Accepted without effect: no encryption and one account on the own machine.
      EncryptionConfiguration: z.strictObject({ EncryptionOption: z.literal('SSE_S3') }).optional(),
      ExpectedBucketOwner: z.literal(LOCAL_ACCOUNT).optional(),
    }),
    EngineVersion: z
      .strictObject({ SelectedEngineVersion: z.literal('Athena engine version 3') })
      .optional(),
    EnforceWorkGroupConfiguration: z.literal(true),
    // Accepted without effect: there are no metrics to publish to.
    PublishCloudWatchMetricsEnabled: z.boolean().optional(),
  }),
  Tags: tags,
});

export const ATHENA_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::Athena::WorkGroup': defineResourceType({
    properties: workGroup,
    identify: (properties) => ({ ref: properties.Name, attributes: {} }),
    ensure(properties, { services }) {
      const configuration = properties.WorkGroupConfiguration;
      services.athena.ensureWorkGroup({
        name: properties.Name,
        outputLocation: configuration.ResultConfiguration.OutputLocation,
        scanLimitBytes: configuration.BytesScannedCutoffPerQuery ?? null,
      });
    },
  }),
};
