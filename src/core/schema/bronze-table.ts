import type { Stream } from '#core/config/project.ts';
import { type Field, type FieldType, storedName } from './field.ts';

/** Where the value of a bronze column comes from. */
export type ColumnSource =
  /** The source field of this name, as it came or rewritten by the mapping of the same name. */
  | { readonly kind: 'field'; readonly field: string; readonly mapped: boolean }
  /** A mapping that fills a column of its own. */
  | { readonly kind: 'mapping' }
  /** The source value of a field that a mapping rewrites. */
  | { readonly kind: 'raw'; readonly field: string }
  | { readonly kind: 'envelope' };

/** One column of a bronze table, before it has an Iceberg field id. */
export interface BronzeColumn {
  /** As it stands in the table: money is `<name>_cents`, a kept source value `_raw_<name>`. */
  readonly name: string;
  readonly type: FieldType;
  readonly required: boolean;
  readonly source: ColumnSource;
  /** Earlier names of the column. */
  readonly aliases: readonly string[];
  readonly doc?: string;
}

const STRING: FieldType = { kind: 'string' };
const INT: FieldType = { kind: 'int' };

/**
 * Columns that say where a row came from and what was done to it. A position is
 * (`_source`, `_sequence`, `_sub_sequence`) and never changes on redelivery.
 */
export const ENVELOPE_COLUMNS: readonly BronzeColumn[] = [
  envelope('_flags', STRING, 'names of the flag rules that do not hold, joined by commas', {
    required: false,
  }),
  envelope('_event_id', STRING, 'equal for two events with the same identity'),
  envelope('_ingested_at', { kind: 'timestamp_micros' }, 'arrival at the source, UTC'),
  envelope('_source_system', STRING, 'system the event comes from'),
  envelope('_schema_version', INT, 'version of the schema the producer wrote'),
  envelope('_mapping_version', INT, 'version of the mapping and quality rules'),
  envelope('_source', STRING, 'shard, partition or object'),
  envelope('_sequence', STRING, 'sequence number in the source'),
  envelope('_sub_sequence', INT, 'place inside an aggregated record'),
  envelope('_late', { kind: 'boolean' }, 'behind the watermark on arrival'),
  envelope('_extra', STRING, 'fields outside the schema, as JSON', { required: false }),
];

function envelope(
  name: string,
  type: FieldType,
  doc: string,
  options: { readonly required: boolean } = { required: true },
): BronzeColumn {
  const source = { kind: 'envelope' } as const;
  return { name, type, required: options.required, source, aliases: [], doc };
}

/** Column that keeps the source value of a rewritten field. */
export function rawColumnName(field: Pick<Field, 'name' | 'type'>): string {
  return `_raw_${storedName(field)}`;
}

/**
 * The columns a stream wants in its bronze table: source fields, mapped columns, raw source values,
 * envelope. Every column a mapping fills may be null, because an expression may be.
 */
export function bronzeColumns(stream: Pick<Stream, 'fields' | 'mapping'>): readonly BronzeColumn[] {
  const fieldsByName = new Map(stream.fields.map((field) => [field.name, field]));
  const mappedNames = new Set(stream.mapping.map((mapping) => mapping.column));
  const sourceColumns = stream.fields.map((field) =>
    sourceColumn(field, mappedNames.has(field.name)),
  );
  const newColumns = stream.mapping
    .filter((mapping) => !fieldsByName.has(mapping.column))
    .map(
      (mapping): BronzeColumn => ({
        name: mapping.column,
        type: mapping.type,
        required: false,
        source: { kind: 'mapping' },
        aliases: [],
        doc: mapping.expression,
      }),
    );
  const rawColumns = stream.fields.filter((field) => mappedNames.has(field.name)).map(rawColumn);
  return [...sourceColumns, ...newColumns, ...rawColumns, ...ENVELOPE_COLUMNS];
}

function sourceColumn(field: Field, mapped: boolean): BronzeColumn {
  return {
    name: storedName(field),
    type: field.type,
    required: !field.optional && !mapped,
    source: { kind: 'field', field: field.name, mapped },
    aliases: storedAliases(field),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
  };
}

function rawColumn(field: Field): BronzeColumn {
  return {
    name: rawColumnName(field),
    type: field.type,
    required: false,
    source: { kind: 'raw', field: field.name },
    aliases: field.aliases.map((alias) => rawColumnName({ name: alias, type: field.type })),
    doc: `${field.name} as it came`,
  };
}

/** Earlier names of a field as they were stored. */
export function storedAliases(field: Field): readonly string[] {
  return field.aliases.map((alias) => storedName({ name: alias, type: field.type }));
}
