import type { BytesVector, Vector } from '../../columns/vector.ts';
import type { PartitionSpec, PartitionTuple } from '../spec/partition.ts';
import type { NestedField, Schema } from '../spec/schema.ts';
import type { SingleValue } from '../spec/single-value.ts';
import { bindTransform, type TransformFunction } from './apply-transform.ts';
import { type BoundPartitionField, bindPartitionSpec } from './bind-partition-spec.ts';
import { murmur3 } from './murmur3.ts';
import { partitionKey } from './partition-tuple.ts';
import { singleValueReader } from './single-value-reader.ts';
import { createUnitReader } from './time-units.ts';

/** Rows of one partition, in their order. */
export interface PartitionRows {
  readonly tuple: PartitionTuple;
  readonly rows: Int32Array;
}

/**
 * Rows by partition, in order of first appearance. Vectors are those of the schema's fields, in their order. The
 * tuples are those that partitionTupleOf gives for the rows; a transform runs once per entry of a dictionary, and
 * time transforms need no bigint where a double is exact.
 * Throws SCHEMA_INCOMPATIBLE when the spec does not go with the schema, and as bindTransform's function does.
 */
export function partitionRows(
  spec: PartitionSpec,
  schema: Pick<Schema, 'fields'>,
  { vectors, rows }: { readonly vectors: readonly Vector[]; readonly rows: Int32Array },
): readonly PartitionRows[] {
  if (rows.length === 0) return [];
  const fields = bindPartitionSpec(spec, schema).map((field) =>
    bindColumn(field, schema.fields, vectors),
  );
  const groups = groupRows(fields, rows);
  return groups.map(({ codes, rows: places }) => ({
    tuple: fields.map(({ values }, index) => values[codes[index]!] ?? null),
    rows: places,
  }));
}

/** One partition field over a block. */
interface PartitionColumn {
  /** Distinct values so far. */
  readonly values: readonly (SingleValue | null)[];
  /** Number of the row's value among them. */
  readonly codeOf: (row: number) => number;
}

function bindColumn(
  field: BoundPartitionField,
  fields: readonly NestedField[],
  vectors: readonly Vector[],
): PartitionColumn {
  const values: (SingleValue | null)[] = [];
  const byKey = new Map<string, number>();
  const intern = (value: SingleValue | null): number => {
    const key = partitionKey([value]);
    const known = byKey.get(key);
    if (known !== undefined) return known;
    byKey.set(key, values.length);
    return values.push(value) - 1;
  };
  const { isPresent, vector } = resolvePath(field.source.path, fields, vectors);
  const apply = bindTransform(field.transform, field.sourceType);
  const present = vectorCodes(vector, { field, apply, intern });
  let missing = -1;
  const codeOf = (row: number): number => {
    if (isPresent(row)) return present(row);
    if (missing < 0) missing = intern(null);
    return missing;
  };
  return { values, codeOf };
}

interface CodeOptions {
  readonly field: BoundPartitionField;
  readonly apply: TransformFunction;
  readonly intern: (value: SingleValue | null) => number;
}

/** Codes of rows that have a value. */
function vectorCodes(
  vector: Vector,
  { field, apply, intern }: CodeOptions,
): (row: number) => number {
  const { transform, sourceType } = field;
  if (transform.kind === 'void') return () => intern(null);
  if (vector.kind === 'dictionary') {
    const { codes } = vector;
    const ofEntry = vectorCodes(vector.dictionary, { field, apply, intern });
    const known: number[] = [];
    return (row) => {
      const entry = codes[row]!;
      const code = known[entry] ?? ofEntry(entry);
      known[entry] = code;
      return code;
    };
  }
  if (vector.kind === 'bytes' && transform.kind === 'bucket') {
    const { buckets } = transform;
    const hash = bytesHash(vector);
    return rememberNumbers((row) => (hash(row) & 0x7fffffff) % buckets, intern);
  }
  const read = singleValueReader(vector, sourceType);
  const slow = (row: number) => apply(read(row));
  const unit = vector.kind === 'int64' ? createUnitReader(vector, { transform, slow }) : null;
  if (unit !== null) return rememberNumbers(unit, intern);
  return (row) => intern(slow(row));
}

function bytesHash({ data, starts, ends }: BytesVector): (row: number) => number {
  return (row) => murmur3(data.subarray(starts[row], ends[row]));
}

/** Codes of numbers, most of which are that of the row before. */
function rememberNumbers(
  read: (row: number) => number,
  intern: (value: SingleValue | null) => number,
): (row: number) => number {
  const known = new Map<number, number>();
  let last = Number.NaN;
  let lastCode = 0;
  return (row) => {
    const value = read(row);
    if (value === last) return lastCode;
    last = value;
    lastCode = known.get(value) ?? intern(value);
    known.set(value, lastCode);
    return lastCode;
  };
}

interface Resolved {
  readonly vector: Vector;
  readonly isPresent: (row: number) => boolean;
}

/** Steps into records: a value is missing where a record around it is. */
function resolvePath(
  path: readonly string[],
  fields: readonly NestedField[],
  vectors: readonly Vector[],
): Resolved {
  let inside: readonly NestedField[] = fields;
  let siblings = vectors;
  const validities: Uint8Array[] = [];
  for (const [depth, name] of path.entries()) {
    const place = inside.findIndex((field) => field.name === name);
    const vector = siblings[place];
    const type = inside[place]?.type;
    if (vector === undefined || type === undefined) break;
    if (vector.validity !== null) validities.push(vector.validity);
    if (depth === path.length - 1) return { vector, isPresent: presence(validities) };
    if (vector.kind !== 'struct' || typeof type === 'string' || type.type !== 'struct') break;
    inside = type.fields;
    siblings = vector.children;
  }
  throw new RangeError(`column ${path.join('.')}: expected a vector of the table's schema`);
}

function presence(validities: readonly Uint8Array[]): (row: number) => boolean {
  const [first, ...others] = validities;
  if (first === undefined) return () => true;
  if (others.length === 0) return (row) => first[row] !== 0;
  return (row) => validities.every((validity) => validity[row] !== 0);
}

interface Group {
  readonly codes: readonly number[];
  readonly rows: Int32Array;
}

function groupRows(columns: readonly PartitionColumn[], rows: Int32Array): readonly Group[] {
  const groupOf = new Int32Array(rows.length);
  const counts: number[] = [];
  const codes: (readonly number[])[] = [];
  const numberOf = createTupleNumbers(columns, (tuple) => {
    counts.push(0);
    return codes.push(tuple) - 1;
  });
  for (let index = 0; index < rows.length; index++) {
    const group = numberOf(rows[index]!);
    groupOf[index] = group;
    counts[group]!++;
  }
  // Nearly every batch lies in one partition.
  if (counts.length === 1) return [{ codes: codes[0]!, rows }];
  const filled = counts.map((count) => new Int32Array(count));
  const used = new Int32Array(counts.length);
  for (let index = 0; index < rows.length; index++) {
    const group = groupOf[index]!;
    filled[group]![used[group]!++] = rows[index]!;
  }
  return codes.map((tuple, group) => ({ codes: tuple, rows: filled[group]! }));
}

/** Numbers of the tuples of codes; `create` numbers a tuple that is new. */
function createTupleNumbers(
  columns: readonly PartitionColumn[],
  create: (tuple: readonly number[]) => number,
): (row: number) => number {
  const known = new Map<string, number>();
  const lastCodes = new Int32Array(columns.length).fill(-1);
  let last = -1;
  return (row) => {
    let isSame = last >= 0;
    for (let index = 0; index < columns.length; index++) {
      const code = columns[index]!.codeOf(row);
      if (code === lastCodes[index]) continue;
      lastCodes[index] = code;
      isSame = false;
    }
    if (isSame) return last;
    const key = lastCodes.join();
    last = known.get(key) ?? create([...lastCodes]);
    known.set(key, last);
    return last;
  };
}
