import type { FieldType } from '#core/schema/field.ts';
import {
  DECIMAL_PATTERN,
  type FieldInput,
  KEYED_TYPE_NAMES,
  PLAIN_TYPE_NAMES,
  type TypeInput,
} from '../model/field-model.ts';
import { type ConfigPath, cutTextHint, describeValue, quote } from '../source/config-issue.ts';
import { nearestName } from '../source/nearest-name.ts';
import type { Reporter } from '../source/reporter.ts';

/** Iceberg and Athena hold at most 38 digits. Source: Iceberg v2 §Primitive Types. */
const MAX_DECIMAL_PRECISION = 38;

/** Keys that belong to one type only; at any other type they are a mistake. */
const KEYS_OF_TYPE: Readonly<Record<string, string>> = {
  currency: 'money',
  symbols: 'enum',
  element: 'list',
  value: 'map',
  fields: 'record',
};

type KeyedInput = Exclude<TypeInput, string>;

/** How a record's fields are resolved: passed in because records hold fields and fields hold types. */
export type ResolveRecordFields = (
  fields: Readonly<Record<string, FieldInput>>,
  path: ConfigPath,
) => Extract<FieldType, { kind: 'record' }>['fields'];

export interface TypeContext {
  readonly report: Reporter;
  readonly resolveRecordFields: ResolveRecordFields;
  /** Categories leave the currency open; it is then the empty text. */
  readonly currencyRequired: boolean;
}

/** The type that stands at a path of the file; null after an issue was reported. */
export function resolveType(
  input: TypeInput,
  path: ConfigPath,
  context: TypeContext,
): FieldType | null {
  const keyed: KeyedInput = typeof input === 'string' ? { type: input } : input;
  const typePath = typeof input === 'string' ? path : [...path, 'type'];
  reportForeignKeys(keyed, path, context.report);
  const plain = PLAIN_TYPE_NAMES.find((name) => name === keyed.type);
  if (plain !== undefined) return { kind: plain };
  if (keyed.type.startsWith('decimal')) return resolveDecimal(keyed.type, typePath, context.report);
  switch (keyed.type) {
    case 'money':
      return resolveMoney(keyed, path, context);
    case 'enum':
      return resolveEnum(keyed, path, context.report);
    case 'list': {
      const element = resolvePart(keyed, 'element', { path, context });
      return element === null ? null : { kind: 'list', element };
    }
    case 'map': {
      const value = resolvePart(keyed, 'value', { path, context });
      return value === null ? null : { kind: 'map', value };
    }
    case 'record':
      return resolveRecord(keyed, path, context);
    default:
      context.report.at(typePath, unknownType(keyed.type));
      return null;
  }
}

function reportForeignKeys(input: KeyedInput, path: ConfigPath, report: Reporter): void {
  for (const [key, owner] of Object.entries(KEYS_OF_TYPE)) {
    if (input.type === owner || !Object.hasOwn(input, key)) continue;
    const problem = `expected no key "${key}" at type ${quote(input.type)}, got one; it belongs to type ${owner}`;
    report.atKey([...path, key], problem);
  }
}

function unknownType(name: string): string {
  const names = [...PLAIN_TYPE_NAMES, 'decimal(p,s)', ...KEYED_TYPE_NAMES];
  const meant = COMMON_SYNONYMS[name.toLowerCase()] ?? nearestName(name, names);
  const hint = meant === null ? '' : `; did you mean ${quote(meant)}?`;
  return `expected a type (${names.join(', ')}), got ${quote(name)}${hint}`;
}

/** What people coming from SQL, Java and TypeScript write first. */
const COMMON_SYNONYMS: Readonly<Record<string, string>> = Object.freeze(
  Object.assign(Object.create(null), {
    text: 'string',
    varchar: 'string',
    integer: 'int',
    bigint: 'long',
    number: 'double',
    real: 'float',
    numeric: 'decimal(p,s)',
    timestamp: 'timestamp_micros',
    datetime: 'timestamp_micros',
    binary: 'bytes',
    array: 'list',
    object: 'record',
    struct: 'record',
  }),
);

function resolveDecimal(text: string, path: ConfigPath, report: Reporter): FieldType | null {
  const match = DECIMAL_PATTERN.exec(text);
  const precision = Number(match?.[1]);
  const scale = Number(match?.[2]);
  if (precision >= 1 && precision <= MAX_DECIMAL_PRECISION && scale <= precision) {
    return { kind: 'decimal', precision, scale };
  }
  report.at(
    path,
    `expected decimal(p,s) with p from 1 to ${MAX_DECIMAL_PRECISION} and s from 0 to p, got ${quote(text)}${cutTextHint(text)}`,
  );
  return null;
}

function resolveMoney(input: KeyedInput, path: ConfigPath, context: TypeContext): FieldType | null {
  const currency = input.currency ?? '';
  const open = currency === '' && !context.currencyRequired;
  if (open || /^[A-Z]{3}$/.test(currency)) return { kind: 'money', currency };
  const got = describeValue(input.currency);
  context.report.at(
    [...path, 'currency'],
    `expected a currency such as { type: money, currency: USD }, got ${got}`,
  );
  return null;
}

/** Avro 1.12 §Enums: symbols are names and unique. */
function resolveEnum(input: KeyedInput, path: ConfigPath, report: Reporter): FieldType | null {
  const symbols = input.symbols ?? [];
  if (symbols.length === 0) {
    report.at(
      [...path, 'symbols'],
      'expected symbols such as { type: enum, symbols: [bid, ask] }, got nothing',
    );
    return null;
  }
  let valid = true;
  for (const [index, symbol] of symbols.entries()) {
    const problem = symbolProblem(symbol, symbols.indexOf(symbol) < index);
    if (problem === null) continue;
    report.at([...path, 'symbols', index], problem);
    valid = false;
  }
  return valid ? { kind: 'enum', symbols } : null;
}

function symbolProblem(symbol: string, repeated: boolean): string | null {
  if (repeated) return `expected each symbol once, got ${quote(symbol)} again`;
  if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(symbol)) return null;
  return `expected a symbol of letters, digits and underscores that starts with a letter, got ${quote(symbol)}`;
}

function resolvePart(
  input: KeyedInput,
  key: 'element' | 'value',
  options: { readonly path: ConfigPath; readonly context: TypeContext },
): FieldType | null {
  const part = input[key];
  const { path, context } = options;
  if (part !== undefined) return resolveType(part, [...path, key], context);
  const example = `{ type: ${input.type}, ${key}: string }`;
  if (!context.report.has([...path, key])) {
    context.report.at([...path, key], `expected a type, as in ${example}, got nothing`);
  }
  return null;
}

function resolveRecord(
  input: KeyedInput,
  path: ConfigPath,
  context: TypeContext,
): FieldType | null {
  const inputs = input.fields ?? {};
  // Neither Parquet nor Athena has a group without columns.
  if (Object.keys(inputs).length === 0) {
    if (context.report.keysAt([...path, 'fields']).length === 0) {
      context.report.at(
        [...path, 'fields'],
        'expected at least one field in the record, got nothing',
      );
    }
    return null;
  }
  const fields = context.resolveRecordFields(inputs, [...path, 'fields']);
  return fields.length === Object.keys(inputs).length ? { kind: 'record', fields } : null;
}
