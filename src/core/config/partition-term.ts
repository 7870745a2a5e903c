import type { FieldType } from '#core/schema/field.ts';
import type { PartitionTerm } from './project.ts';

export type PartitionTermReading =
  | { readonly ok: true; readonly term: PartitionTerm }
  | { readonly ok: false; readonly expected: string };

const TERM_EXPECTED =
  'a partition term: a column, year(c), month(c), day(c), hour(c), bucket(N, c) or truncate(W, c)';
const COLUMN = '([a-z_][a-z0-9_]*)';
const TERM_PATTERN = new RegExp(
  `^(?:(year|month|day|hour|identity)\\(\\s*${COLUMN}\\s*\\)|(bucket|truncate)\\(\\s*(\\d{1,9})\\s*,\\s*${COLUMN}\\s*\\)|${COLUMN})$`,
);

/** Reads `hour(_ingested_at)`, `bucket(16, symbol)` or a bare column. The column is as it stands in the text. */
export function parsePartitionTerm(text: string): PartitionTermReading {
  const match = TERM_PATTERN.exec(text.trim());
  if (match === null) return { ok: false, expected: TERM_EXPECTED };
  const [, simple, simpleColumn, sized, size, sizedColumn, bare] = match;
  if (bare !== undefined) {
    return { ok: true, term: { transform: 'identity', parameter: null, column: bare } };
  }
  if (simple !== undefined && simpleColumn !== undefined) {
    const transform = simple as 'year' | 'month' | 'day' | 'hour' | 'identity';
    return { ok: true, term: { transform, parameter: null, column: simpleColumn } };
  }
  const parameter = Number(size);
  if (parameter < 1) return { ok: false, expected: `a number above 0 in ${sized}(N, column)` };
  const transform = sized as 'bucket' | 'truncate';
  return { ok: true, term: { transform, parameter, column: sizedColumn ?? '' } };
}

const TIME_KINDS = ['timestamp_millis', 'timestamp_micros'] as const;
const WHOLE_KINDS = ['int', 'long', 'money', 'decimal'] as const;

/**
 * Types each transform takes. Identity leaves out float and double, which make one partition per
 * rounding. Source: Iceberg v2 §Partition Transforms.
 */
const TRANSFORM_KINDS: Readonly<Record<PartitionTerm['transform'], readonly FieldType['kind'][]>> =
  {
    identity: ['string', 'enum', 'boolean', 'date', ...WHOLE_KINDS, ...TIME_KINDS],
    year: ['date', ...TIME_KINDS],
    month: ['date', ...TIME_KINDS],
    day: ['date', ...TIME_KINDS],
    hour: TIME_KINDS,
    bucket: ['string', 'enum', 'bytes', 'date', ...WHOLE_KINDS, ...TIME_KINDS],
    truncate: ['string', 'enum', ...WHOLE_KINDS],
  };

/** Why a transform does not take a column of this type, or null when it does. */
export function transformTypeProblem(
  transform: PartitionTerm['transform'],
  type: FieldType,
): string | null {
  const kinds = TRANSFORM_KINDS[transform];
  if (kinds.includes(type.kind)) return null;
  return `expected a column of type ${kinds.join(', ')} in ${transform}, got ${type.kind}`;
}

/** Name of the partition field as Iceberg's own libraries build it: `_ingested_at_hour`, `symbol_bucket`. */
export function partitionFieldName(term: PartitionTerm): string {
  if (term.transform === 'identity') return term.column;
  return `${term.column}_${term.transform === 'truncate' ? 'trunc' : term.transform}`;
}
