import type { AvroField, AvroRecord, AvroType } from './avro-schema.ts';
import { baseTypeOf, isComplexType, isOptional } from './evolution/avro-view.ts';
import { type Field, type FieldType, storedName } from './field.ts';

/** How the lake reads records of one writer schema. */
export interface LakeReader {
  readonly schema: AvroRecord;
  readonly fields: readonly Field[];
}

/**
 * The newest schema as a reader of an earlier one, which may leave out what it did not have: a field
 * without a value becomes null, and a symbol that is gone stays one. The modes FORWARD and NONE allow
 * such versions, and producers of all of them stand side by side. Returns `newest` itself when it reads
 * the writer's records as it is.
 */
export function relaxReader(newest: LakeReader, writer: AvroRecord): LakeReader {
  const relaxed = relaxFields(newest.schema.fields, writer, newest.fields);
  if (relaxed === null) return newest;
  return { schema: { ...newest.schema, fields: relaxed.avro }, fields: relaxed.fields };
}

interface RelaxedFields {
  readonly avro: readonly AvroField[];
  readonly fields: readonly Field[];
}

function relaxFields(
  avro: readonly AvroField[],
  writer: AvroRecord,
  fields: readonly Field[],
): RelaxedFields | null {
  const pairs = avro.map((reader) => {
    const field = fields.find((candidate) => storedName(candidate) === reader.name);
    if (field === undefined) return { reader, field: null, changed: false };
    return relaxField(reader, field, writerFieldOf(reader, writer));
  });
  if (!pairs.some(({ changed }) => changed)) return null;
  return {
    avro: pairs.map(({ reader }) => reader),
    fields: pairs.flatMap(({ field }) => field ?? []),
  };
}

function writerFieldOf(reader: AvroField, writer: AvroRecord): AvroField | null {
  const names = [reader.name, ...(reader.aliases ?? [])];
  const found = names.map((name) => writer.fields.find((field) => field.name === name));
  return found.find((field) => field !== undefined) ?? null;
}

function relaxField(reader: AvroField, field: Field, writer: AvroField | null) {
  if (writer === null) {
    const needsValue = !isOptional(reader) && reader.default === undefined;
    return needsValue ? { ...makeOptional(reader, field), changed: true } : kept(reader, field);
  }
  const inside = relaxType(baseTypeOf(reader), field.type, baseTypeOf(writer));
  const typed =
    inside === null
      ? kept(reader, field)
      : {
          reader: {
            ...reader,
            type: isOptional(reader) ? (['null', inside.avro] as const) : inside.avro,
          },
          field: { ...field, type: inside.type },
          changed: true,
        };
  if (isOptional(reader) || !isOptional(writer)) return typed;
  return { ...makeOptional(typed.reader, typed.field), changed: true };
}

function kept(reader: AvroField, field: Field) {
  return { reader, field, changed: false };
}

function makeOptional(reader: AvroField, field: Field) {
  const { default: _fallback, ...bare } = field;
  return {
    reader: { ...reader, type: ['null', baseTypeOf(reader)] as const, default: null },
    field: { ...bare, optional: true },
  };
}

interface RelaxedType {
  readonly avro: AvroType;
  readonly type: FieldType;
}

function relaxType(avro: AvroType, type: FieldType, writer: AvroType): RelaxedType | null {
  if (type.kind === 'enum' && isComplexType(avro, 'enum') && isComplexType(writer, 'enum')) {
    const gone = writer.symbols.filter((symbol) => !avro.symbols.includes(symbol));
    if (gone.length === 0) return null;
    const symbols = [...avro.symbols, ...gone];
    return { avro: { ...avro, symbols }, type: { ...type, symbols } };
  }
  if (type.kind === 'record' && isComplexType(avro, 'record') && isComplexType(writer, 'record')) {
    const relaxed = relaxFields(avro.fields, writer, type.fields);
    if (relaxed === null) return null;
    return {
      avro: { ...avro, fields: relaxed.avro },
      type: { ...type, fields: relaxed.fields },
    };
  }
  if (type.kind === 'list' && isComplexType(avro, 'array') && isComplexType(writer, 'array')) {
    const element = relaxType(avro.items, type.element, writer.items);
    if (element === null) return null;
    return { avro: { ...avro, items: element.avro }, type: { ...type, element: element.type } };
  }
  if (type.kind === 'map' && isComplexType(avro, 'map') && isComplexType(writer, 'map')) {
    const value = relaxType(avro.values, type.value, writer.values);
    if (value === null) return null;
    return { avro: { ...avro, values: value.avro }, type: { ...type, value: value.type } };
  }
  return null;
}
