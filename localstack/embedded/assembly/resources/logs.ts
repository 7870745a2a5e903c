import { z } from 'zod';
import { localArn } from '../local-arn.ts';
import { defineResourceType, type ResourceType } from '../resource-type.ts';
import { tags } from './tags.ts';

const logGroup = z.strictObject({
  LogGroupName: z.string().optional(),
  RetentionInDays: z.int().min(1).optional(),
  Tags: tags,
});

/** Without effect: function logs go to the terminal or a file, see LambdaService.onLog. */
export const LOGS_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::Logs::LogGroup': defineResourceType({
    properties: logGroup,
    identify(properties, place) {
      const name = properties.LogGroupName ?? place.generatedName;
      return { ref: name, attributes: { Arn: localArn('logs', `log-group:${name}:*`) } };
    },
    ensure: null,
  }),
};
