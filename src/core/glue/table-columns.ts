import type { IcebergType, Schema } from '../iceberg/spec/schema.ts';

/** A column of a Glue table entry: what catalogs, BI tools and `DESCRIBE` show without reading table metadata. */
export interface GlueColumn {
  readonly Name: string;
  readonly Type: string;
  readonly Comment?: string;
  readonly Parameters: Readonly<Record<string, string>>;
}

/**
 * Columns of an Iceberg table in Glue's (Hive's) type names, with the parameters that Iceberg's own
 * Glue integration writes. Source: Amazon Athena user guide, supported data types for Iceberg tables.
 */
export function glueColumns(schema: Schema): readonly GlueColumn[] {
  return schema.fields.map((field) => ({
    Name: field.name.toLowerCase(),
    Type: glueTypeName(field.type),
    ...(field.doc === undefined ? {} : { Comment: commentOf(field.doc) }),
    Parameters: {
      'iceberg.field.current': 'true',
      'iceberg.field.id': String(field.id),
      'iceberg.field.optional': String(!field.required),
    },
  }));
}

/** Source: AWS Glue API, Column: "not more than 255 bytes long, matching the single-line string pattern". */
const MAX_COMMENT_BYTES = 255;

/** A doc as Glue takes it: a commit must not fail for a long one. The whole of it is in the table's metadata. */
function commentOf(doc: string): string {
  let comment = '';
  let sizeBytes = 0;
  for (const character of doc.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')) {
    sizeBytes += Buffer.byteLength(character);
    if (sizeBytes > MAX_COMMENT_BYTES) break;
    comment += character;
  }
  return comment;
}

/** `bigint` for `long`, `array<string>` for a list of strings. */
export function glueTypeName(type: IcebergType): string {
  if (typeof type !== 'string') return nestedTypeName(type);
  switch (type) {
    case 'long':
      return 'bigint';
    default:
      // The other primitives carry the same name, decimals without the blank.
      return type.replaceAll(' ', '');
  }
}

function nestedTypeName(type: Exclude<IcebergType, string>): string {
  switch (type.type) {
    case 'list':
      return `array<${glueTypeName(type.element)}>`;
    case 'map':
      return `map<${glueTypeName(type.key)},${glueTypeName(type.value)}>`;
    case 'struct': {
      const fields = type.fields.map((field) => `${field.name}:${glueTypeName(field.type)}`);
      return `struct<${fields.join(',')}>`;
    }
  }
}
