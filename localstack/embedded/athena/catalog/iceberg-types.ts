import type { IcebergType } from '#core/iceberg/spec/schema.ts';
import type { TrinoType } from '../trino-types/trino-type.ts';

/** How Athena sees an Iceberg type. Source: Amazon Athena user guide, supported data types for Iceberg tables. */
export function trinoTypeOf(type: IcebergType): TrinoType {
  if (typeof type !== 'string') return nestedType(type);
  switch (type) {
    case 'int':
      return { kind: 'integer' };
    case 'long':
      return { kind: 'bigint' };
    case 'float':
      return { kind: 'real' };
    case 'string':
      return { kind: 'varchar', length: null };
    case 'binary':
      return { kind: 'varbinary' };
    case 'timestamp':
      return { kind: 'timestamp', precision: 6 };
    case 'boolean':
    case 'double':
    case 'date':
      return { kind: type };
    default:
      return decimalOf(type);
  }
}

function decimalOf(type: `decimal(${number}, ${number})`): TrinoType {
  const [precision = 38, scale = 0] = type.match(/\d+/g)?.map(Number) ?? [];
  return { kind: 'decimal', precision, scale };
}

function nestedType(type: Exclude<IcebergType, string>): TrinoType {
  switch (type.type) {
    case 'list':
      return { kind: 'array', element: trinoTypeOf(type.element) };
    case 'map':
      return { kind: 'map', key: trinoTypeOf(type.key), value: trinoTypeOf(type.value) };
    case 'struct':
      return {
        kind: 'row',
        fields: type.fields.map((field) => ({
          name: field.name.toLowerCase(),
          physicalName: field.name,
          type: trinoTypeOf(field.type),
        })),
      };
  }
}
