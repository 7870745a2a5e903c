import { formatDouble } from '../result-format.ts';
import { parseJsonPath } from './json-path.ts';

/** A parsed JSON value; numbers keep their text, because a double cannot hold every integer. */
type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;
type JsonObject = { readonly [key: string]: JsonValue };

class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** JSON in canonical form: keys sorted, no spaces. Throws for text that is no JSON. */
export function normalizeJson(text: string): string {
  const parsed = parse(text);
  if (parsed === undefined) {
    throw new Error(
      `INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: '${text.slice(0, 200)}'`,
    );
  }
  return write(parsed, { sortKeys: true });
}

/** The value at a path, as JSON; null when there is none or the text is no JSON. */
export function extractJson(text: string, path: string): string | null {
  const value = at(text, path);
  return value === undefined ? null : write(value, { sortKeys: false });
}

/** The scalar at a path as text, numbers as they are written; null for null, objects and arrays. */
export function extractScalar(text: string, path: string): string | null {
  const value = at(text, path);
  if (value instanceof JsonNumber) return value.text;
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' ? String(value) : null;
}

/** Members of an object or array, 0 for a scalar. */
export function jsonSize(text: string, path: string): bigint | null {
  const value = at(text, path);
  if (value === undefined) return null;
  if (Array.isArray(value)) return BigInt(value.length);
  const isObject = typeof value === 'object' && value !== null && !(value instanceof JsonNumber);
  return isObject ? BigInt(Object.keys(value).length) : 0n;
}

/** Null when the text is no JSON array. */
export function jsonArrayLength(text: string): bigint | null {
  const value = parse(text);
  return Array.isArray(value) ? BigInt(value.length) : null;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? new JsonNumber(context?.source ?? String(value)) : value,
    ) as JsonValue;
  } catch {
    // Not JSON: an expected input, answered with null or an error by the caller.
    return undefined;
  }
}

function at(text: string, path: string): JsonValue | undefined {
  const steps = parseJsonPath(path);
  let value = parse(text);
  for (const step of steps ?? []) {
    if (value === undefined || value === null || typeof value !== 'object') return undefined;
    if (value instanceof JsonNumber) return undefined;
    if (Array.isArray(value)) value = typeof step === 'number' ? value[step] : undefined;
    else value = Object.hasOwn(value, step) ? (value as JsonObject)[step] : undefined;
  }
  return value;
}

function write(value: JsonValue, options: { readonly sortKeys: boolean }): string {
  if (value instanceof JsonNumber) return writeNumber(value.text);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, options)).join(',')}]`;
  const entries = Object.entries(value as JsonObject);
  if (options.sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  const members = entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item, options)}`);
  return `{${members.join(',')}}`;
}

/** Integers keep their digits, fractions are written as Java writes a double. */
function writeNumber(text: string): string {
  return /[.eE]/.test(text) ? formatDouble(Number(text)) : text;
}
