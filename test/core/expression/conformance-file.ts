import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Field, FieldType, Row, Value } from '#core/schema/field.ts';
import { storedName } from '#core/schema/field.ts';

const FOLDER = new URL('../../conformance/', import.meta.url);

export interface ConformanceCase {
  readonly expression: string;
  readonly type?: string;
  readonly in?: Readonly<Record<string, unknown>>;
  readonly out?: unknown;
  readonly error?: string;
}

export interface InvalidCase {
  readonly expression: string;
  readonly column: number | bigint;
  readonly message: string;
}

export interface ConformanceFile {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly cases: readonly ConformanceCase[];
  readonly invalid: readonly InvalidCase[];
}

/** The corpus of test/conformance; see its README for the notation. */
export function readConformanceFiles(): readonly ConformanceFile[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => {
      const file = parse(readFileSync(new URL(name, FOLDER), 'utf8'), { intAsBigInt: true });
      const fields = Object.entries<string>(file.fields).map(([field, type]) =>
        optionalField(field, parseType(type)),
      );
      return { name, fields, cases: file.cases ?? [], invalid: file.invalid ?? [] };
    });
}

function optionalField(name: string, type: FieldType): Field {
  return { name, type, optional: true, aliases: [], examples: [], allowNan: false };
}

/** `decimal(5, 2)`, `enum(A, B)`, `list(string)`, `map(string)`, `record(a string, b record(c int))`, or a plain name. */
function parseType(text: string): FieldType {
  const match = /^(\w+)(?:\((.*)\))?$/.exec(text.trim());
  if (match === null) throw new Error(`type ${text}`);
  const [, kind = '', inner = ''] = match;
  switch (kind) {
    case 'decimal': {
      const [precision = 0, scale = 0] = inner.split(',').map(Number);
      return { kind, precision, scale };
    }
    case 'money':
      return { kind, currency: 'USD' };
    case 'enum':
      return { kind, symbols: inner.split(',').map((symbol) => symbol.trim()) };
    case 'list':
      return { kind, element: parseType(inner) };
    case 'map':
      return { kind, value: parseType(inner) };
    case 'record':
      return {
        kind,
        fields: inner.split(/,(?![^(]*\))/).map((part) => {
          const [, name = '', type = ''] = /^\s*(\w+)\s+(.*)$/.exec(part) ?? [];
          return optionalField(name, parseType(type));
        }),
      };
    default:
      return { kind } as FieldType;
  }
}

/** A row of the corpus in row representation; fields that are left out are left out. */
export function toRow(fields: readonly Field[], input: Readonly<Record<string, unknown>>): Row {
  const row: Record<string, Value> = {};
  for (const [name, raw] of Object.entries(input)) {
    const field = fields.find((candidate) => candidate.name === name);
    if (field === undefined) throw new Error(`the file has no field ${name}`);
    row[storedName(field)] = toValue(field.type, raw);
  }
  return row;
}

/** A value of the corpus by its type; uses nothing of the code under test. */
export function toValue(type: FieldType | { readonly kind: 'null' }, raw: unknown): Value {
  if (raw === null || raw === undefined) return null;
  switch (type.kind) {
    case 'int':
    case 'float':
    case 'double':
      return Number(raw);
    case 'long':
      return BigInt(raw as bigint);
    case 'money':
      return toUnscaled(String(raw), 2);
    case 'decimal':
      return toUnscaled(String(raw), type.scale);
    case 'date':
      return Date.parse(`${raw}T00:00:00Z`) / 86_400_000;
    case 'timestamp_millis':
    case 'timestamp_micros':
      return toMicros(String(raw));
    case 'record':
      return toRow(type.fields, raw as Record<string, unknown>);
    case 'map':
      return new Map(Object.entries(raw as Record<string, Value>));
    default:
      return raw as Value;
  }
}

function toUnscaled(text: string, scale: number): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  if (fraction.length > scale) throw new Error(`${text} has more than ${scale} decimals`);
  return BigInt(whole + fraction.padEnd(scale, '0'));
}

function toMicros(text: string): bigint {
  const [seconds = '', fraction = ''] = text.split('.');
  const millis = Date.parse(`${seconds.replace(' ', 'T')}Z`);
  return BigInt(millis) * 1_000n + BigInt(fraction.padEnd(6, '0'));
}
