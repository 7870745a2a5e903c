import { z } from 'zod';
import { MAX_FIELD_NAME, nameModel } from './name-model.ts';

/** Types that need nothing but their name. */
export const PLAIN_TYPE_NAMES = [
  'string',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'date',
  'timestamp_millis',
  'timestamp_micros',
  'bytes',
] as const;

/** Types that are written as a mapping with more keys. */
export const KEYED_TYPE_NAMES = ['money', 'enum', 'list', 'map', 'record'] as const;

/** `decimal(10,2)`; the range is checked where the type is resolved. */
export const DECIMAL_PATTERN = /^decimal\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/;

/** A type name; unknown names are refused with a suggestion where the type is resolved. */
const typeName = z
  .union(
    [
      z.enum([...PLAIN_TYPE_NAMES, ...KEYED_TYPE_NAMES]),
      z.string().regex(/^decimal\(/),
      z.string(),
    ],
    { error: () => 'expected a type name such as double' },
  )
  .describe(
    'string, boolean, int, long, float, double, decimal(p,s), money, date, timestamp_millis, timestamp_micros, bytes, enum, list, map or record',
  );

const TYPE_EXPECTED =
  'expected a type such as double, or a mapping such as { type: money, currency: USD }';

const literal = z.union([z.string(), z.number(), z.boolean()]);

const typeKeys = {
  type: typeName,
  currency: z.string().optional().describe('money: ISO 4217 code, for instance USD'),
  symbols: z.array(z.string()).min(1).optional().describe('enum: the allowed values'),
  element: z
    .lazy(() => typeModel)
    .optional()
    .describe('list: type of the elements'),
  value: z
    .lazy(() => typeModel)
    .optional()
    .describe('map: type of the values; its keys are text'),
  fields: z
    .lazy(() => fieldsModel)
    .optional()
    .describe('record: its fields'),
};

interface TypeKeys {
  readonly type: string;
  readonly currency?: string | undefined;
  readonly symbols?: readonly string[] | undefined;
  /** list: type of the elements. */
  readonly element?: TypeInput | undefined;
  /** map: type of the values; keys are text. */
  readonly value?: TypeInput | undefined;
  /** record: its fields. */
  readonly fields?: Readonly<Record<string, FieldInput>> | undefined;
}

/** A type as it stands in the file. */
export type TypeInput = string | TypeKeys;

interface FieldKeys extends TypeKeys {
  readonly optional?: boolean | undefined;
  readonly default?: string | number | boolean | undefined;
  readonly aliases?: readonly string[] | undefined;
  readonly doc?: string | undefined;
  readonly examples?: readonly (string | number | boolean)[] | undefined;
  readonly allow_nan?: boolean | undefined;
}

/** A field as it stands in the file: a type name, or a mapping with `type` and more. */
export type FieldInput = string | FieldKeys;

export const typeModel: z.ZodType<TypeInput> = z
  .union(
    [
      typeName,
      z.strictObject({
        ...typeKeys,
      }),
    ],
    { error: () => TYPE_EXPECTED },
  )
  .meta({ id: 'type' });

export const fieldModel: z.ZodType<FieldInput> = z
  .union(
    [
      typeName,
      z.strictObject({
        ...typeKeys,
        optional: z
          .boolean()
          .optional()
          .meta({ default: false })
          .describe('the value may be missing'),
        default: literal.optional().describe('what readers of older records see'),
        aliases: z.array(z.string()).optional().describe('earlier names of the field'),
        doc: z.string().optional().describe('what the field means; goes into Avro and the tables'),
        examples: z.array(literal).optional().describe('typical values; feed the generator'),
        allow_nan: z
          .boolean()
          .optional()
          .meta({ default: false })
          .describe('float and double: accept NaN and infinities'),
      }),
    ],
    { error: () => TYPE_EXPECTED },
  )
  .meta({ id: 'field' });

export const fieldsModel: z.ZodType<Readonly<Record<string, FieldInput>>> = z.record(
  nameModel(MAX_FIELD_NAME),
  fieldModel,
);
