import { toAvroSchema } from '#core/schema/avro-schema.ts';
import { type Field, type FieldType, storedName, type Value } from '#core/schema/field.ts';
import { below, type Draw, drawOf, pick } from '#test/fuzz/mutate.ts';
import { field } from '../trade-schema.ts';

/** A pair of schemas that resolves, and the fields of the reader. */
export interface SchemaPair {
  readonly writerSchema: Json;
  readonly readerSchema: Json;
  readonly fields: readonly Field[];
}

export interface Json {
  readonly [attribute: string]: unknown;
}

const MAX_DEPTH = 3;
const SYMBOLS = ['A', 'B', 'C', 'D'];

/** Fields of every type, nested ones included. */
export function randomFields(draw: Draw, depth = 0): readonly Field[] {
  return Array.from({ length: 1 + below(draw, depth === 0 ? 8 : 3) }, (_, index) => {
    const type = randomType(draw, depth);
    const optional = draw() < 0.3;
    const fallback = optional || draw() < 0.6 ? undefined : defaultOf(draw, type);
    return field(`f${index}`, type, {
      optional,
      aliases: draw() < 0.3 ? [`old${index}`] : [],
      ...(fallback === undefined ? {} : { default: fallback }),
    });
  });
}

function randomType(draw: Draw, depth: number): FieldType {
  const nested: readonly (() => FieldType)[] = [
    () => ({ kind: 'list', element: randomType(draw, depth + 1) }),
    () => ({ kind: 'map', value: randomType(draw, depth + 1) }),
    () => ({ kind: 'record', fields: randomFields(draw, depth + 1) }),
  ];
  if (depth < MAX_DEPTH && draw() < 0.35) return pick(draw, nested)();
  const precision = 1 + below(draw, 38);
  return pick<FieldType>(draw, [
    { kind: 'string' },
    { kind: 'string' },
    { kind: 'boolean' },
    { kind: 'int' },
    { kind: 'long' },
    { kind: 'float' },
    { kind: 'double' },
    { kind: 'decimal', precision, scale: below(draw, precision + 1) },
    { kind: 'money', currency: 'EUR' },
    { kind: 'date' },
    { kind: 'timestamp_millis' },
    { kind: 'timestamp_micros' },
    { kind: 'bytes' },
    { kind: 'enum', symbols: SYMBOLS.slice(0, 1 + below(draw, SYMBOLS.length)) },
  ]);
}

function defaultOf(draw: Draw, type: FieldType): Value | undefined {
  switch (type.kind) {
    case 'string':
      return pick(draw, ['', 'new', 'ä𝄞']);
    case 'boolean':
      return draw() < 0.5;
    case 'int':
    case 'date':
      return -7;
    case 'float':
    case 'double':
      return 1.5;
    case 'long':
    case 'money':
    case 'timestamp_micros':
      return -(2n ** 40n);
    case 'timestamp_millis':
      return 5_000n;
    case 'decimal':
      return type.precision > 20 ? -(10n ** 20n) : 9n;
    case 'enum':
      return type.symbols[0];
    default:
      return undefined;
  }
}

/** A reader's schema and the same one as its writer. */
export function samePair(draw: Draw): SchemaPair {
  const fields = randomFields(draw);
  const schema = toAvroSchema({ domain: 'd', name: 'row', description: '', fields });
  const json = JSON.parse(JSON.stringify(schema)) as Json;
  return { writerSchema: json, readerSchema: json, fields };
}

/** A reader's schema and a writer's that has evolved away from it in every way that resolves. */
export function evolvedPair(draw: Draw): SchemaPair {
  const { readerSchema, fields } = samePair(draw);
  const evolution = new Evolution(draw);
  return { readerSchema, fields, writerSchema: evolution.record(readerSchema, fields) };
}

/** Several writers of one reader, the reader's own schema among them. */
export function writersOf(draw: Draw, count: number): readonly SchemaPair[] {
  const same = samePair(draw);
  const evolved = Array.from({ length: count }, (_, index): SchemaPair => {
    const evolution = new Evolution(drawOf(Math.floor(draw() * 2 ** 31), index));
    return { ...same, writerSchema: evolution.record(same.readerSchema, same.fields) };
  });
  return [same, ...evolved];
}

class Evolution {
  readonly #draw: Draw;
  #names = 0;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  record(reader: Json, fields: readonly Field[]): Json {
    const members = (reader['fields'] as readonly Json[]).flatMap((member, index) => {
      const declared = fields[index] as Field;
      const droppable = declared.optional || declared.default !== undefined;
      if (droppable && this.#chance(0.2)) return [];
      const aliases = (member['aliases'] ?? []) as readonly string[];
      const name = aliases.length > 0 && this.#chance(0.5) ? aliases[0] : storedName(declared);
      return [{ name, type: this.#fieldType(member['type'], declared) }];
    });
    for (let extra = below(this.#draw, 3); extra > 0; extra--) {
      members.push({ name: `extra${this.#names++}`, type: this.#unwanted(0) });
    }
    const shuffled = this.#chance(0.5) ? members.reverse() : members;
    return { type: 'record', name: `w${this.#names++}`, fields: shuffled };
  }

  #chance(share: number): boolean {
    return this.#draw() < share;
  }

  #fieldType(reader: unknown, { type, optional }: Field): unknown {
    const bare = Array.isArray(reader) ? reader[1] : reader;
    const written = this.#type(bare as Json, type);
    if (this.#chance(0.1) && (type.kind === 'long' || type.kind === 'double')) {
      return optional ? ['int', 'null', 'long'] : ['long', 'int'];
    }
    if (this.#chance(0.1) && type.kind === 'record') {
      return [written, this.#type(bare as Json, type), ...(optional ? ['null'] : [])];
    }
    if (!optional) return this.#chance(0.1) ? [written] : written;
    return pick(this.#draw, [written, ['null', written], ['null', written], [written, 'null']]);
  }

  #type(reader: Json, type: FieldType): unknown {
    switch (type.kind) {
      case 'long':
      case 'money':
        return pick(this.#draw, ['int', 'long']);
      case 'double':
        return pick(this.#draw, ['int', 'long', 'float', 'double']);
      case 'float':
        return pick(this.#draw, ['int', 'long', 'float']);
      case 'string':
      case 'bytes':
        return pick(this.#draw, ['string', 'bytes', type.kind]);
      case 'timestamp_millis':
      case 'timestamp_micros': {
        const logicalType = pick(this.#draw, ['timestamp-millis', 'timestamp-micros']);
        return { type: 'long', logicalType };
      }
      case 'decimal':
        return this.#decimal(reader, type);
      case 'enum': {
        const symbols = type.symbols.slice(below(this.#draw, type.symbols.length)).reverse();
        return { type: 'enum', name: `e${this.#names++}`, symbols };
      }
      case 'list':
        return { type: 'array', items: this.#type(reader['items'] as Json, type.element) };
      case 'map':
        return { type: 'map', values: this.#type(reader['values'] as Json, type.value) };
      case 'record':
        return this.record(reader, type.fields);
      default:
        return reader;
    }
  }

  #decimal(reader: Json, { precision, scale }: Extract<FieldType, { kind: 'decimal' }>): unknown {
    const fewer = Math.max(scale, 1, precision - below(this.#draw, 3));
    const written = { ...reader, precision: fewer };
    if (this.#chance(0.5)) return written;
    const size = pick(this.#draw, [1, 8, 9, 16, 20]);
    return { ...written, type: 'fixed', name: `x${this.#names++}`, size };
  }

  /** A type that no reader wants, recursive ones and those without bytes included. */
  #unwanted(depth: number): unknown {
    const name = `u${this.#names++}`;
    const flat = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];
    if (depth >= MAX_DEPTH || this.#chance(0.4)) return pick(this.#draw, flat);
    return pick<() => unknown>(this.#draw, [
      () => ({ type: 'array', items: this.#unwanted(depth + 1) }),
      () => ({ type: 'array', items: 'null' }),
      () => ({ type: 'map', values: this.#unwanted(depth + 1) }),
      () => ({ type: 'fixed', name, size: below(this.#draw, 20) }),
      () => ({ type: 'enum', name, symbols: SYMBOLS }),
      () => [
        'null',
        this.#unwanted(MAX_DEPTH),
        { type: 'array', items: this.#unwanted(depth + 1) },
      ],
      () => ({ type: 'record', name, fields: [{ name: 'next', type: ['null', name] }] }),
      () => ({
        type: 'record',
        name,
        fields: [
          { name: 'some', type: { type: 'array', items: name } },
          { name: 'inner', type: this.#unwanted(depth + 1) },
        ],
      }),
    ])();
  }
}
