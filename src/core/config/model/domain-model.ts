import { z } from 'zod';
import type { NotSupported } from '../source/model-issues.ts';
import {
  CONNECTOR_NOT_SUPPORTED,
  connectorsModel,
  incompleteConnectorsModel,
} from './connector-model.ts';
import { domainSettingsOverrides } from './domain-settings-model.ts';
import { fieldsModel, typeModel } from './field-model.ts';
import { filesModel, incompleteFilesModel } from './files-model.ts';
import { MAX_DOMAIN_NAME, MAX_FIELD_NAME, MAX_STREAM_NAME, nameModel } from './name-model.ts';
import { compatibilityModel } from './schema-model.ts';
import { sinksModel } from './sinks-model.ts';
import {
  bufferModel,
  DEFAULT_IDENTITY_FIELD,
  partitionTermsModel,
  streamDefaultsOverrides,
  topicsModel,
} from './stream-defaults-model.ts';

/** domains/<name>.yaml: the one file a user writes per business domain. */
const expression = z.string().min(1).describe('row expression');

const qualityRuleModel = z.strictObject({
  name: nameModel(MAX_FIELD_NAME)
    .optional()
    .describe('shown in _flags and in reports; derived from the rule when left out'),
  rule: expression.describe('true keeps the row; false and null do not'),
  on_fail: z.enum(['reject', 'flag']).describe('reject: keep the row out; flag: mark it'),
});

const mappingModel = z.union([
  expression.describe('rewrites the field of this name'),
  z.strictObject({
    type: typeModel.describe('of the new column'),
    value: expression,
  }),
]);

const partitionModel = z
  .strictObject({ bronze: partitionTermsModel.optional() })
  .optional()
  .describe('how the tables are partitioned');

const streamModel = z.strictObject({
  description: z.string().optional().describe('what one event is'),
  category: z.string().describe('a category of config/categories, for instance market.tick'),
  key: z.string().describe('partition key: order is kept per value of this field'),
  event_time: z
    .string()
    .optional()
    .describe('field with the event time; default: that of the category, else the arrival time'),
  fields: fieldsModel.describe('what an event holds: those of the category, and more'),
  identity: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({ default: [DEFAULT_IDENTITY_FIELD] })
    .describe('fields that make two events the same event'),
  ...streamDefaultsOverrides,
  compatibility: compatibilityModel,
  quality: z
    .array(qualityRuleModel)
    .optional()
    .describe('what holds for every event, and what happens when it does not'),
  mapping: z
    .record(nameModel(MAX_FIELD_NAME), mappingModel)
    .optional()
    .describe('columns computed before bronze'),
  partition: partitionModel,
  sinks: sinksModel.optional(),
  generate: z
    .record(z.string(), z.string())
    .optional()
    .describe('synthetic data per field, for instance walk(100, 0.02)'),
});

export const domainModel = z.strictObject({
  domain: nameModel(MAX_DOMAIN_NAME).describe('the name of this file without .yaml'),
  description: z.string().optional().describe('what the data is about'),
  owner: z.string().min(1).describe('who answers for the data, for instance data@example.com'),
  buffer: bufferModel.optional(),
  topics: topicsModel.optional(),
  ...domainSettingsOverrides,
  defaults: z
    .strictObject({
      ...streamDefaultsOverrides,
      compatibility: compatibilityModel,
      partition: partitionModel,
    })
    .optional()
    .describe('what the streams of this domain have in common'),
  streams: z
    .record(nameModel(MAX_STREAM_NAME), streamModel)
    .describe('kinds of events by name; each is a table'),
  connectors: connectorsModel.optional(),
  files: filesModel.optional(),
});

/** The same with every required key left out or not: what is there is checked although something is missing. */
export const incompleteDomainModel = domainModel
  .extend({
    streams: z.record(nameModel(MAX_STREAM_NAME), streamModel.partial()),
    connectors: incompleteConnectorsModel.optional(),
    files: incompleteFilesModel.optional(),
  })
  .partial();

export type DomainInput = z.infer<typeof incompleteDomainModel>;
export type StreamInput = NonNullable<DomainInput['streams']>[string];
export type MappingInput = z.infer<typeof mappingModel>;

/** Words of the full language that this version refuses by name, so that nobody hunts for a typing error. */
export const DOMAIN_NOT_SUPPORTED: NotSupported = {
  keys: [
    'access',
    'aggregates',
    'dimensions',
    ...CONNECTOR_NOT_SUPPORTED.keys,
    'gold',
    'api',
    'sinks',
    'defaults.sinks',
    'defaults.archive',
    'defaults.partition.silver',
    'defaults.partition.gold',
    'defaults.retention.silver',
    'defaults.retention.gold',
    'streams.*.retention.silver',
    'streams.*.retention.gold',
    'streams.*.archive',
    'streams.*.partition.silver',
    'streams.*.partition.gold',
  ],
  values: CONNECTOR_NOT_SUPPORTED.values,
};
