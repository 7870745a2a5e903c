import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { PrimitiveType, Schema } from '#core/iceberg/spec/schema.ts';
import { isPrimitive } from '#core/iceberg/spec/schema-fields.ts';
import { encodeSingleValue, type SingleValue } from '#core/iceberg/spec/single-value.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { compareValues } from '#core/iceberg/spec/value-order.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { partitionTupleOf } from '#core/iceberg/transform/partition-tuple.ts';
import type { Row } from '#core/schema/field.ts';
import { START_MS } from './fixed-world.ts';

export const LOCATION = 's3://lake/market/trades';
export const TABLE_UUID = '9c12d441-03fe-4693-9a96-a0705ddf69c1';

export const SCHEMA: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'id', required: true, type: 'long' },
    { id: 2, name: 'ts', required: true, type: 'timestamp' },
    { id: 3, name: 'symbol', required: false, type: 'string' },
    { id: 4, name: 'price', required: false, type: 'double' },
    { id: 5, name: 'amount', required: false, type: 'decimal(12, 2)' },
    { id: 6, name: 'size', required: false, type: 'int' },
  ],
};

/** hour(ts) and bucket[4](symbol). */
export const SPEC: PartitionSpec = {
  'spec-id': 0,
  fields: [
    { 'source-id': 2, 'field-id': 1000, name: 'ts_hour', transform: 'hour' },
    { 'source-id': 3, 'field-id': 1001, name: 'symbol_bucket', transform: 'bucket[4]' },
  ],
};

export const UNPARTITIONED: PartitionSpec = { 'spec-id': 0, fields: [] };

export function tradesMetadata(
  options: {
    readonly schema?: Schema;
    readonly spec?: PartitionSpec;
    readonly properties?: Readonly<Record<string, string>>;
  } = {},
): TableMetadata {
  return createTableMetadata({
    location: LOCATION,
    tableUuid: TABLE_UUID,
    schema: options.schema ?? SCHEMA,
    partitionSpec: options.spec ?? SPEC,
    properties: options.properties ?? {},
    nowMs: START_MS,
  });
}

export const START_MICROS = BigInt(START_MS) * 1000n;

export function trade(id: number, values: Row = {}): Row {
  return {
    id: BigInt(id),
    ts: START_MICROS + BigInt(id),
    symbol: 'ACME',
    price: id / 4,
    amount: BigInt(id),
    size: id,
    ...values,
  };
}

/** What a Parquet writer would report of a file that holds these rows of one partition. */
export function dataFileOf(
  rows: readonly Row[],
  options: {
    readonly name: string;
    readonly schema?: Schema;
    readonly spec?: PartitionSpec;
  },
): DataFile {
  const { schema = SCHEMA, spec = SPEC } = options;
  const [first] = rows;
  const columns = schema.fields.flatMap(({ id, name, type }) =>
    isPrimitive(type) ? [{ id, type, values: rows.map((row) => row[name] ?? null) }] : [],
  );
  const nulls = (values: readonly unknown[]) => values.filter((value) => value === null).length;
  const nans = (values: readonly unknown[]) => values.filter(Number.isNaN).length;
  return {
    filePath: `${LOCATION}/data/${options.name}.parquet`,
    partition:
      first === undefined ? spec.fields.map(() => null) : partitionTupleOf(spec, schema)(first),
    recordCount: BigInt(rows.length),
    fileSizeBytes: BigInt(1000 + rows.length),
    columnSizes: new Map(columns.map(({ id }) => [id, 100n])),
    valueCounts: new Map(columns.map(({ id }) => [id, BigInt(rows.length)])),
    nullValueCounts: new Map(columns.map(({ id, values }) => [id, BigInt(nulls(values))])),
    nanValueCounts: new Map(
      columns
        .filter(({ type }) => type === 'double' || type === 'float')
        .map(({ id, values }) => [id, BigInt(nans(values))]),
    ),
    lowerBounds: new Map(columns.flatMap((column) => boundOf(column, -1))),
    upperBounds: new Map(columns.flatMap((column) => boundOf(column, 1))),
    splitOffsets: [4n],
  };
}

function boundOf(
  column: {
    readonly id: number;
    readonly type: PrimitiveType;
    readonly values: readonly unknown[];
  },
  sign: 1 | -1,
): readonly (readonly [number, Uint8Array])[] {
  const values = column.values.filter(
    (value) => value !== null && !Number.isNaN(value),
  ) as SingleValue[];
  if (values.length === 0) return [];
  const bound = values.reduce((a, b) => (compareValues(a, b) * sign < 0 ? b : a));
  return [[column.id, encodeSingleValue(column.type, bound)]];
}
