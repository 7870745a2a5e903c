import { z } from 'zod';

/** Shapes of the files in schemas/; their writers are generate and nobody else. */
const positiveInt = z.number().int().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const registryModel = z.strictObject({
  format: z.literal(1),
  streams: z.array(
    z.strictObject({
      domain: z.string(),
      stream: z.string(),
      schemas: z
        .array(
          z.strictObject({ version: positiveInt, file: z.string(), schemaVersionId: z.uuid() }),
        )
        .min(1),
      mappings: z.array(z.strictObject({ version: positiveInt, hash: sha256 })).min(1),
      table: z.strictObject({ file: z.string(), hash: sha256 }),
    }),
  ),
});

export type RegistryJson = z.infer<typeof registryModel>;

/** What of a committed schema later code relies on; the id covers every other byte of meaning. */
export const avroRecordModel = z.looseObject({
  type: z.literal('record'),
  name: z.string(),
  namespace: z.string(),
  fields: z.array(z.looseObject({ name: z.string(), type: z.unknown() })),
});

const columnPath = z.array(z.string().min(1)).min(1);

/** Types are checked by the Iceberg parser. */
const changeModel = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('add-column'),
    path: columnPath,
    type: z.unknown(),
    doc: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal('widen-column'), path: columnPath, type: z.string() }),
  z.strictObject({
    kind: z.literal('rename-column'),
    path: columnPath,
    newName: z.string().min(1),
  }),
  z.strictObject({ kind: z.literal('make-optional'), path: columnPath }),
]);

export const migrationsModel = z.array(
  z.strictObject({
    schemaVersion: positiveInt,
    mappingVersion: positiveInt,
    changes: z.array(changeModel).min(1),
  }),
);

export const tableShapeModel = z.strictObject({
  schemaVersion: positiveInt,
  mappingVersion: positiveInt,
  schema: z.looseObject({}),
  partitionSpec: z.strictObject({
    'spec-id': z.literal(0),
    fields: z.array(
      z.strictObject({
        'source-id': positiveInt,
        'field-id': z.number().int().min(1000),
        name: z.string(),
        transform: z.string(),
      }),
    ),
  }),
  sortOrder: z.strictObject({ 'order-id': z.literal(0), fields: z.array(z.never()) }),
  properties: z.record(z.string(), z.string()),
});
