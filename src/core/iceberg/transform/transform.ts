import { SluiceError } from '../../errors.ts';
import type { IcebergType, PrimitiveType } from '../spec/schema.ts';
import { decimalParameters, isPrimitive } from '../spec/schema-fields.ts';

/** A parsed partition transform. Source: Iceberg v2 §Partition Transforms. */
export type Transform =
  | { readonly kind: 'identity' }
  | { readonly kind: 'year' }
  | { readonly kind: 'month' }
  | { readonly kind: 'day' }
  | { readonly kind: 'hour' }
  | { readonly kind: 'void' }
  | { readonly kind: 'bucket'; readonly buckets: number }
  | { readonly kind: 'truncate'; readonly width: number }
  /** A transform of another engine: ignored when reading, refused when writing. */
  | { readonly kind: 'unknown'; readonly text: string };

const MAX_INT = 0x7fff_ffff;
const PARAMETERISED = /^(bucket|truncate)\[(\d+)\]$/;

/** Parses the spelling of metadata JSON: `day`, `bucket[16]`. Never throws: what is not known is `unknown`. */
export function parseTransform(text: string): Transform {
  switch (text) {
    case 'identity':
    case 'year':
    case 'month':
    case 'day':
    case 'hour':
    case 'void':
      return { kind: text };
    default:
      return parseParameterised(text);
  }
}

/** Inverse of parseTransform. */
export function transformText(transform: Transform): string {
  switch (transform.kind) {
    case 'bucket':
      return `bucket[${transform.buckets}]`;
    case 'truncate':
      return `truncate[${transform.width}]`;
    case 'unknown':
      return transform.text;
    default:
      return transform.kind;
  }
}

/**
 * Type of the partition value, null when the transform does not take the source type (or is unknown).
 * `day` gives `date`, as the reference implementation stores it; both are ints on disk.
 */
export function transformResultType(
  transform: Transform,
  sourceType: IcebergType,
): PrimitiveType | null {
  if (!isPrimitive(sourceType)) return null;
  switch (transform.kind) {
    case 'identity':
    case 'void':
      return sourceType;
    case 'year':
    case 'month':
      return sourceType === 'date' || sourceType === 'timestamp' ? 'int' : null;
    case 'day':
      return sourceType === 'date' || sourceType === 'timestamp' ? 'date' : null;
    case 'hour':
      return sourceType === 'timestamp' ? 'int' : null;
    case 'bucket':
      return BUCKET_TYPES.has(sourceType) || isDecimal(sourceType) ? 'int' : null;
    case 'truncate':
      return TRUNCATE_TYPES.has(sourceType) || isDecimal(sourceType) ? sourceType : null;
    case 'unknown':
      return null;
  }
}

/** As transformResultType, for writers: throws SCHEMA_INCOMPATIBLE where it gives null. */
export function requireResultType(transform: Transform, sourceType: IcebergType): PrimitiveType {
  const resultType = transformResultType(transform, sourceType);
  if (resultType !== null) return resultType;
  const typeName = isPrimitive(sourceType) ? sourceType : sourceType.type;
  throw new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `partition transform ${transformText(transform)} does not take a column of type ${typeName}`,
  );
}

const BUCKET_TYPES: ReadonlySet<string> = new Set([
  'int',
  'long',
  'date',
  'timestamp',
  'string',
  'binary',
]);
const TRUNCATE_TYPES: ReadonlySet<string> = new Set(['int', 'long', 'string', 'binary']);

function parseParameterised(text: string): Transform {
  const match = PARAMETERISED.exec(text);
  const parameter = Number(match?.[2]);
  if (match === null || parameter < 1 || parameter > MAX_INT) return { kind: 'unknown', text };
  return match[1] === 'bucket'
    ? { kind: 'bucket', buckets: parameter }
    : { kind: 'truncate', width: parameter };
}

function isDecimal(type: PrimitiveType): boolean {
  return decimalParameters(type) !== null;
}
