import { z } from 'zod';

/**
 * Names become Glue databases, Athena tables and columns, Avro names and parts of AWS resource
 * names; the strictest of them decides. Athena lower-cases every name, Avro starts with a letter.
 * Source: Amazon Athena User Guide, "Name databases, tables, and columns"; Avro 1.12 §Names.
 */
export const NAME_PATTERN = /^[a-z][a-z0-9_]*$/;

const NAME_EXPECTED =
  'expected a name of lower-case letters, digits and underscores that starts with a letter';

/** A name of at most `maxLength` characters. */
export function nameModel(maxLength: number): z.ZodString {
  return z
    .string()
    .regex(NAME_PATTERN, { error: () => NAME_EXPECTED })
    .max(maxLength, { error: () => `expected a name of at most ${maxLength} characters` });
}

/** Physical names such as `<platform>-<env>-<domain>-lake-writer` have to stay within 64 characters (Lambda). */
export const MAX_PLATFORM_NAME = 12;
export const MAX_ENVIRONMENT_NAME = 12;
export const MAX_DOMAIN_NAME = 24;
/** Glue allows 255; a field may carry the prefix `_raw_` and the suffixes `_cents` and `_bucket`. */
export const MAX_STREAM_NAME = 64;
export const MAX_FIELD_NAME = 128;

/** `market.tick`: a group and a name. */
export const CATEGORY_PATTERN = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/;
