import { SluiceError } from '../../errors.ts';

/** A decoded Avro record, keyed by the specification's field names (see fieldIdKey). */
export interface ManifestRecord {
  readonly [name: string]: unknown;
}

export function manifestCorrupt(where: string, expected: string, received: unknown): SluiceError {
  const kind = received === null ? 'null' : typeof received;
  return new SluiceError('FORMAT_CORRUPT', `manifest ${where}: expected ${expected}, got ${kind}`);
}

export function asRecord(value: unknown, where: string): ManifestRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw manifestCorrupt(where, 'a record', value);
  }
  return value as ManifestRecord;
}

/** An Avro int is accepted for a long, as the Avro specification promotes it. */
export function asLong(value: unknown, where: string): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw manifestCorrupt(where, 'a long', value);
}

export function asInt(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw manifestCorrupt(where, 'an int', value);
}

export function longOf(record: ManifestRecord, name: string): bigint {
  return asLong(record[name], name);
}

export function intOf(record: ManifestRecord, name: string): number {
  return asInt(record[name], name);
}

export function stringOf(record: ManifestRecord, name: string): string {
  const value = record[name];
  if (typeof value !== 'string') throw manifestCorrupt(name, 'a string', value);
  return value;
}

export function booleanOf(record: ManifestRecord, name: string): boolean {
  const value = record[name];
  if (typeof value !== 'boolean') throw manifestCorrupt(name, 'a boolean', value);
  return value;
}

/** An optional field: null where it is null or the writer's schema has no such field. */
export function optionalOf<T>(
  record: ManifestRecord,
  name: string,
  read: (record: ManifestRecord, name: string) => T,
): T | null {
  const value = record[name];
  return value === null || value === undefined ? null : read(record, name);
}

export function bytesOf(record: ManifestRecord, name: string): Uint8Array {
  const value = record[name];
  if (!(value instanceof Uint8Array)) throw manifestCorrupt(name, 'bytes', value);
  return value;
}

export function arrayOf(record: ManifestRecord, name: string): readonly unknown[] {
  const value = record[name];
  if (!Array.isArray(value)) throw manifestCorrupt(name, 'an array', value);
  return value;
}

/** A map stored as an array of pairs; empty where it is null. */
export function mapOf<T>(
  record: ManifestRecord,
  name: string,
  value: (record: ManifestRecord, name: string) => T,
): ReadonlyMap<number, T> {
  const map = new Map<number, T>();
  for (const item of optionalOf(record, name, arrayOf) ?? []) {
    const pair = asRecord(item, name);
    map.set(intOf(pair, 'key'), value(pair, 'value'));
  }
  return map;
}
