import { z } from 'zod';
import { defineResourceType, type ResourceType } from '../resource-type.ts';

/** Usage statistics of the CDK; nothing to create. */
export const CDK_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::CDK::Metadata': defineResourceType({
    properties: z.strictObject({ Analytics: z.string() }),
    identify: (_properties, place) => ({ ref: place.generatedName, attributes: {} }),
    ensure: null,
  }),
};
