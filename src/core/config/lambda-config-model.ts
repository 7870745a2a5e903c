import { z } from 'zod';
import { COMPATIBILITY_MODES } from '#core/schema/evolution/compatibility-mode.ts';
import type { Field, FieldType } from '#core/schema/field.ts';
import { migrationsModel } from '#core/schema/schema-file-models.ts';
import type { TableMigration } from '#core/schema/table-migration.ts';
import { PLAIN_TYPE_NAMES } from './model/field-model.ts';

const plainType = z.strictObject({ kind: z.enum(PLAIN_TYPE_NAMES) });

const fieldType: z.ZodType<FieldType> = z.union([
  plainType,
  z.strictObject({ kind: z.literal('decimal'), precision: z.number(), scale: z.number() }),
  z.strictObject({ kind: z.literal('money'), currency: z.string() }),
  z.strictObject({ kind: z.literal('enum'), symbols: z.array(z.string()) }),
  z.strictObject({
    kind: z.literal('list'),
    get element() {
      return fieldType;
    },
  }),
  z.strictObject({
    kind: z.literal('map'),
    get value() {
      return fieldType;
    },
  }),
  z.strictObject({
    kind: z.literal('record'),
    get fields() {
      return z.array(field);
    },
  }),
]);

const field: z.ZodType<Field> = z.strictObject({
  name: z.string(),
  type: fieldType,
  optional: z.boolean(),
  default: z.union([z.string(), z.number(), z.boolean(), z.bigint()]).optional(),
  aliases: z.array(z.string()),
  doc: z.string().optional(),
  examples: z.array(z.union([z.string(), z.number(), z.boolean()])),
  allowNan: z.boolean(),
});

const column = z.strictObject({
  name: z.string(),
  type: fieldType,
  required: z.boolean(),
  source: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('field'), field: z.string(), mapped: z.boolean() }),
    z.strictObject({ kind: z.literal('mapping') }),
    z.strictObject({ kind: z.literal('raw'), field: z.string() }),
    z.strictObject({ kind: z.literal('envelope') }),
  ]),
  aliases: z.array(z.string()),
  doc: z.string().optional(),
});

const partitionTerm = z.strictObject({
  transform: z.enum(['identity', 'year', 'month', 'day', 'hour', 'bucket', 'truncate']),
  parameter: z.number().nullable(),
  column: z.string(),
});

const stream = z.strictObject({
  domain: z.string(),
  name: z.string(),
  category: z.string(),
  description: z.string(),
  key: z.string(),
  eventTime: z.string().nullable(),
  fields: z.array(field).min(1),
  identity: z.array(z.string()).min(1),
  watermark: z.strictObject({
    delayMs: z.number(),
    idleMs: z.number(),
    maxFutureSkewMs: z.number(),
  }),
  quality: z.array(
    z.strictObject({ name: z.string(), rule: z.string(), onFail: z.enum(['reject', 'flag']) }),
  ),
  mapping: z.array(z.strictObject({ column: z.string(), expression: z.string(), type: fieldType })),
  extensions: z.string().optional(),
  partition: z.strictObject({ bronze: z.array(partitionTerm) }),
  rate: z.strictObject({
    expectedPerSecond: z.number(),
    peakPerSecond: z.number(),
    bytes: z.number(),
  }),
  dedupe: z.strictObject({ horizonMs: z.number() }),
  compatibility: z.enum(COMPATIBILITY_MODES),
  retention: z.strictObject({ bronzeDays: z.number() }),
  sinks: z.array(z.string()),
  generate: z.record(z.string(), z.string()),
  table: z.strictObject({ database: z.string(), table: z.string() }),
  columns: z.array(column).min(1),
  schemas: z
    .array(
      z.strictObject({ version: z.number().int(), schemaVersionId: z.uuid(), avro: z.string() }),
    )
    .min(1),
  mappingVersion: z.number().int(),
  migrations: migrationsModel as unknown as z.ZodType<readonly TableMigration[]>,
  maxCommittedIds: z.number().int().min(0),
});

/** A field as configuration assets hold it. */
export const lambdaField = field;

/** The shape of the asset beside the lake-writer bundle. */
export const lakeWriterConfigModel = z.strictObject({
  environment: z.string(),
  domain: z.string(),
  streams: z.array(stream).min(1),
  maxSliceBytes: z.number().int().positive(),
});
