import { nullVector } from '../columns/null-vector.ts';
import { TextBuilder } from '../columns/text-builder.ts';
import type {
  BytesVector,
  DictionaryVector,
  Int32Vector,
  Int64Vector,
  Vector,
} from '../columns/vector.ts';
import type { Schema } from '../iceberg/spec/schema.ts';
import type { VectorColumn } from '../parquet/vector-column.ts';
import { type Field, storedName } from '../schema/field.ts';
import type { BlockRecord, JudgedBlock } from './judged-block.ts';
import { wordsOf } from './suspect-values.ts';

/** Vectors by the name of their column. */
export type NamedVectors = ReadonlyMap<string, Vector>;

/** The columns of a table out of those that are there by name; every other one is missing in all rows. */
export function tableColumns(
  schema: Pick<Schema, 'fields'>,
  columns: NamedVectors,
  length: number,
): readonly VectorColumn[] {
  return schema.fields.map((field) => ({
    field,
    vector: columns.get(field.name) ?? nullVector(field.type, length),
  }));
}

/** Source fields, mapped columns, raw source values and envelope: later ones stand for earlier ones of the same name. */
export function bronzeVectors(
  block: JudgedBlock,
  options: {
    readonly source: string;
    readonly ids: BytesVector;
    /** 1 for late rows. */
    readonly late: Uint8Array;
  },
): NamedVectors {
  const { plan, length, fields, vectors } = block;
  const source = new Map(fields.map((field, index) => [storedName(field), vectors[index]!]));
  const columns = new Map(source);
  for (const [index, { column }] of plan.mapping.entries()) {
    columns.set(column, block.mapped[index]!);
  }
  for (const { column, rawColumn } of plan.mapping) {
    if (rawColumn !== null) columns.set(rawColumn, source.get(column)!);
  }
  columns.set('_flags', block.flags);
  columns.set('_event_id', options.ids);
  columns.set('_ingested_at', arrivalVector(block));
  columns.set('_source_system', sourceSystemVector(block, source.get('source_system')));
  columns.set('_schema_version', int32Vector(block.schemaVersions, length));
  columns.set(
    '_mapping_version',
    int32Vector(new Int32Array(length).fill(plan.mappingVersion), length),
  );
  columns.set('_source', constantText(options.source, length));
  columns.set('_sequence', sequenceVector(block.records, block.recordOf));
  columns.set('_sub_sequence', int32Vector(block.subSequences, length));
  columns.set('_late', { kind: 'boolean', length, validity: null, values: options.late });
  columns.set('_extra', extraVector(block.extras, length));
  return columns;
}

function int32Vector(values: Int32Array, length: number): Int32Vector {
  return { kind: 'int32', length, validity: null, values };
}

function arrivalVector({ records, recordOf, length }: JudgedBlock): Int64Vector {
  const arrivals = wordsOf(BigInt64Array.from(records, (record) => record.arrivalMicros));
  const values = new BigInt64Array(length);
  const words = wordsOf(values);
  for (let row = 0; row < length; row++) {
    const record = recordOf[row]!;
    words[2 * row] = arrivals[2 * record]!;
    words[2 * row + 1] = arrivals[2 * record + 1]!;
  }
  return { kind: 'int64', length, validity: null, values };
}

function constantText(text: string, length: number): DictionaryVector {
  const texts = new TextBuilder(1);
  texts.addOnce(text);
  return texts.dictionaryVector(new Int32Array(length), null);
}

function sequenceVector(records: readonly BlockRecord[], recordOf: Int32Array): DictionaryVector {
  const texts = new TextBuilder(Number.POSITIVE_INFINITY);
  const codes = records.map(({ sequence }) => texts.addOnce(sequence));
  const isPlain = codes.every((code, record) => code === record);
  const byRow = isPlain ? recordOf : recordOf.map((record) => codes[record]!);
  return texts.dictionaryVector(byRow, null);
}

function extraVector(extras: ReadonlyMap<number, string>, length: number): BytesVector {
  const texts = new TextBuilder(extras.size);
  const items = new Int32Array(length);
  const present = new Uint8Array(length);
  for (const [row, text] of extras) {
    items[row] = texts.addOnce(text.toWellFormed());
    present[row] = 1;
  }
  return texts.bytesVector(items, present);
}

/** The stream's own `source_system` where it is text, else the domain. */
function sourceSystemVector(
  { plan, fields, length }: JudgedBlock,
  vector: Vector | undefined,
): Vector {
  const { domain } = plan.stream;
  const field = fields.find((candidate) => storedName(candidate) === 'source_system');
  if (vector === undefined || !isText(field)) return constantText(domain, length);
  if (vector.validity === null) return vector;
  if (vector.kind === 'dictionary') return fillDictionary(vector, domain);
  return vector.kind === 'bytes' ? fillBytes(vector, domain) : constantText(domain, length);
}

function isText(field: Field | undefined): boolean {
  return field?.type.kind === 'string' || field?.type.kind === 'enum';
}

function fillDictionary(vector: DictionaryVector, text: string): DictionaryVector {
  const { dictionary, codes, length, validity } = vector;
  const { data, starts, ends } = dictionary;
  const wanted = Buffer.from(text);
  let code = 0;
  while (code < dictionary.length && !wanted.equals(data.subarray(starts[code], ends[code])))
    code++;
  const filled = Int32Array.from({ length }, (_, row) =>
    validity !== null && validity[row] === 0 ? code : codes[row]!,
  );
  const entries = code < dictionary.length ? dictionary : appendItem(dictionary, wanted);
  return { kind: 'dictionary', length, validity: null, codes: filled, dictionary: entries };
}

function fillBytes(vector: BytesVector, text: string): BytesVector {
  const { length, validity } = vector;
  const withText = appendItem(vector, Buffer.from(text));
  const { data, starts, ends } = withText;
  for (let row = 0; row < length; row++) {
    if (validity === null || validity[row] !== 0) continue;
    starts[row] = starts[length]!;
    ends[row] = ends[length]!;
  }
  return { kind: 'bytes', length, validity: null, data, starts, ends };
}

/** A copy with one item more. */
function appendItem({ data, starts, ends, length }: BytesVector, item: Uint8Array): BytesVector {
  const grown = new Uint8Array(data.length + item.length);
  grown.set(data);
  grown.set(item, data.length);
  const newStarts = new Int32Array(length + 1);
  const newEnds = new Int32Array(length + 1);
  newStarts.set(starts.subarray(0, length));
  newEnds.set(ends.subarray(0, length));
  newStarts[length] = data.length;
  newEnds[length] = grown.length;
  return {
    kind: 'bytes',
    length: length + 1,
    validity: null,
    data: grown,
    starts: newStarts,
    ends: newEnds,
  };
}
