import { type Field, storedName, type Value } from '#core/schema/field.ts';
import { isScalar } from '#core/schema/type-mapping.ts';
import type { AvroField, AvroRecord, AvroType } from '../avro-type.ts';
import { type DecoderSource, type Place, ROWS, roomEnd } from './decoder-source.ts';
import { emitList, emitMap } from './emit-nested.ts';
import { emitScalar, type ReadValue } from './emit-scalar.ts';
import { emitBranches, emitSkip, leastOfFields, MAX_RECORD_DEPTH } from './emit-skip.ts';

interface ReadFields {
  readonly writer: AvroRecord;
  readonly reader: AvroRecord;
  readonly fields: readonly Field[];
  /** Column of the record; null for the row. */
  readonly column: number | null;
  /** Dotted path, for comments. */
  readonly path: string;
}

/** Values of fields that the writer does not know: filled for a range of rows, before they are decoded. */
export interface Fill {
  readonly column: number;
  readonly value: Value;
}

/**
 * Code that reads a record: the writer's fields in their order, each into the column of the field that wants it. The
 * same resolution as in ../value-reader.ts. Answers what can be filled for whole ranges of rows.
 */
export function emitFields(source: DecoderSource, record: ReadFields, place: Place): Fill[] {
  const { writer, reader, fields, path } = record;
  const fills: Fill[] = [];
  const wanted = new Map<AvroField, () => void>();
  let current = place;
  for (const field of fields) {
    const column = source.column(record.column, storedName(field));
    const declared = reader.fields.find(({ name }) => name === storedName(field));
    const written = declared && findWritten(writer.fields, declared);
    if (declared === undefined || written === undefined) {
      fills.push(...emitAbsent(source, field, { column, place }));
      continue;
    }
    const value = { writer: written.type, reader: declared.type, type: field.type, column };
    wanted.set(written, () =>
      fills.push(...emitField(source, value, { place: current, path: `${path}${field.name}` })),
    );
  }
  let after = leastOfFields(source, writer) + place.after;
  for (const field of writer.fields) {
    after -= source.leastBytes(field.type);
    current = { ...place, after };
    const read = wanted.get(field);
    place.out.comment(`${path}${field.name}`);
    if (read === undefined) emitSkip(source, field.type, current);
    else read();
  }
  return fills;
}

/** The writer's field of the same name, else one that carries an earlier name. */
function findWritten(fields: readonly AvroField[], declared: AvroField): AvroField | undefined {
  const names = [declared.name, ...declared.aliases];
  const found = names.map((name) => fields.find((field) => field.name === name));
  return found.find((field) => field !== undefined);
}

/** A field the writer does not know has its default or is missing. */
function emitAbsent(
  source: DecoderSource,
  field: Field,
  { column, place }: { readonly column: number; readonly place: Place },
): readonly Fill[] {
  const value = field.default ?? null;
  // Items of lists would have to be taken back with their row: they are pushed when it is decoded.
  const flat = value === null || !['list', 'map', 'record'].includes(field.type.kind);
  if (place.space === ROWS && place.always && flat) return [{ column, value }];
  const name = source.member(place.space, column, 'column');
  const slots = `${place.slot}, ${place.slot} + 1`;
  if (value === null) place.out.add(`${name}.fillMissing(${slots});`);
  else place.out.add(`${name}.fillValue(${slots}, ${source.constant(value)});`);
  return [];
}

interface At {
  readonly place: Place;
  readonly path: string;
}

/** A value that may be missing, or come in one of several types. */
function emitField(source: DecoderSource, value: ReadValue, { place, path }: At): Fill[] {
  const fills: Fill[] = [];
  const reader = withoutNull(value.reader);
  const emitBranch = (writer: AvroType, inside: Place) => {
    if (writer.kind === 'null') emitMissing(source, value, inside);
    else fills.push(...emitValue(source, { ...value, writer, reader }, { place: inside, path }));
  };
  if (value.writer.kind !== 'union') emitBranch(value.writer, place);
  else {
    const { branches } = value.writer;
    const always = place.always && branches.filter(({ kind }) => kind !== 'null').length === 1;
    emitBranches(source, branches, { ...place, always }, emitBranch);
  }
  return fills;
}

function withoutNull(reader: AvroType): AvroType {
  if (reader.kind !== 'union') return reader;
  return reader.branches.find(({ kind }) => kind !== 'null') ?? reader;
}

function emitMissing(source: DecoderSource, { type, column }: ReadValue, place: Place): void {
  const { out, slot, space } = place;
  if (type.kind === 'list' || type.kind === 'map' || type.kind === 'record') {
    out.add(`${source.member(space, column, 'column')}.fillMissing(${slot}, ${slot} + 1);`);
  } else out.add(`${source.member(space, column, 'validity')}[${slot}] = 0;`);
}

function emitValue(source: DecoderSource, value: ReadValue, { place, path }: At): Fill[] {
  const { writer, reader, type, column } = value;
  const emitItem = (item: ReadValue, inside: Place): void => {
    emitField(source, item, { place: inside, path: `${path}[]` });
  };
  if (type.kind === 'list' && writer.kind === 'array' && reader.kind === 'array') {
    emitList(source, { writer, reader, type, column }, place, emitItem);
    return [];
  }
  if (type.kind === 'map' && writer.kind === 'map' && reader.kind === 'map') {
    emitMap(source, { writer, reader, type, column }, place, emitItem);
    return [];
  }
  if (type.kind === 'record' && writer.kind === 'record' && reader.kind === 'record') {
    const { fields } = type;
    return emitRecord(source, { writer, reader, fields, column, path: `${path}.` }, place);
  }
  if (isScalar(type)) emitScalar(source, { ...value, type }, place);
  return [];
}

function emitRecord(source: DecoderSource, record: ReadFields, place: Place): Fill[] {
  const depth = Number(place.depth) + 1;
  if (depth > MAX_RECORD_DEPTH) place.out.add(place.fail);
  const least = leastOfFields(source, record.writer);
  if (least > source.leastBytes(record.writer)) {
    place.out.add(`if (p > ${roomEnd(place.after + least)}) ${place.fail}`);
  }
  return emitFields(source, record, { ...place, depth });
}
