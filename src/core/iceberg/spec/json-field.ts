import { SluiceError } from '../../errors.ts';

/** A parsed JSON object, and checked access to its keys; `where` names the object in error messages. */
export interface JsonObject {
  readonly [key: string]: unknown;
}

export function tableInvalid(where: string, expected: string, received: unknown): SluiceError {
  return new SluiceError(
    'TABLE_INVALID',
    `table metadata ${where}: expected ${expected}, got ${describe(received)}`,
    { context: { key: where } },
  );
}

export function asObject(value: unknown, where: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw tableInvalid(where, 'an object', value);
  }
  return value as JsonObject;
}

export function intField(object: JsonObject, key: string, where: string): number {
  const value = object[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw tableInvalid(join(where, key), 'an integer', value);
  }
  return value;
}

export function bigintField(object: JsonObject, key: string, where: string): bigint {
  const value = object[key];
  if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) {
    throw tableInvalid(join(where, key), 'a 64-bit integer', value);
  }
  return value;
}

export function stringField(object: JsonObject, key: string, where: string): string {
  const value = object[key];
  if (typeof value !== 'string') throw tableInvalid(join(where, key), 'a string', value);
  return value;
}

export function booleanField(object: JsonObject, key: string, where: string): boolean {
  const value = object[key];
  if (typeof value !== 'boolean') throw tableInvalid(join(where, key), 'a boolean', value);
  return value;
}

/** Every item of an array, mapped; the item's place is part of its `where`. */
export function arrayField<T>(
  object: JsonObject,
  key: string,
  options: {
    readonly where: string;
    readonly item: (value: unknown, where: string) => T;
    /** The key may be missing or null, which means no items. */
    readonly optional?: boolean;
  },
): readonly T[] {
  const value = object[key];
  const where = join(options.where, key);
  if (options.optional && (value === undefined || value === null)) return [];
  if (!Array.isArray(value)) throw tableInvalid(where, 'an array', value);
  return value.map((item, index) => options.item(item, `${where}[${index}]`));
}

/** A string to string map; missing or null means empty. */
export function stringMapField(
  object: JsonObject,
  key: string,
  where: string,
): Readonly<Record<string, string>> {
  const value = object[key];
  if (value === undefined || value === null) return {};
  const map = asObject(value, join(where, key));
  for (const name of Object.keys(map)) stringField(map, name, join(where, key));
  return map as Readonly<Record<string, string>>;
}

function join(where: string, key: string): string {
  return where === '' ? key : `${where}.${key}`;
}

/** Type and, for short scalars, value: never a payload. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? `"${value.slice(0, 40)}"` : String(value);
}
