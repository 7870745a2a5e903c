import { SluiceError } from '../../errors.ts';

/** A decoded Avro record, keyed by Iceberg field id. */
export interface FieldsById {
  readonly [fieldId: string]: unknown;
}

export function manifestCorrupt(where: string, expected: string, received: unknown): SluiceError {
  const kind = received === null ? 'null' : typeof received;
  return new SluiceError('FORMAT_CORRUPT', `manifest ${where}: expected ${expected}, got ${kind}`);
}

export function asFields(value: unknown, where: string): FieldsById {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw manifestCorrupt(where, 'a record', value);
  }
  return value as FieldsById;
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

export function longOf(record: FieldsById, fieldId: number): bigint {
  return asLong(record[fieldId], `field ${fieldId}`);
}

export function intOf(record: FieldsById, fieldId: number): number {
  return asInt(record[fieldId], `field ${fieldId}`);
}

export function stringOf(record: FieldsById, fieldId: number): string {
  const value = record[fieldId];
  if (typeof value !== 'string') throw manifestCorrupt(`field ${fieldId}`, 'a string', value);
  return value;
}

export function booleanOf(record: FieldsById, fieldId: number): boolean {
  const value = record[fieldId];
  if (typeof value !== 'boolean') throw manifestCorrupt(`field ${fieldId}`, 'a boolean', value);
  return value;
}

/** An optional field: null where it is null or the writer's schema has no such field. */
export function optionalOf<T>(
  record: FieldsById,
  fieldId: number,
  read: (record: FieldsById, fieldId: number) => T,
): T | null {
  const value = record[fieldId];
  return value === null || value === undefined ? null : read(record, fieldId);
}

export function bytesOf(record: FieldsById, fieldId: number): Uint8Array {
  const value = record[fieldId];
  if (!(value instanceof Uint8Array)) throw manifestCorrupt(`field ${fieldId}`, 'bytes', value);
  return value;
}

export function arrayOf(record: FieldsById, fieldId: number): readonly unknown[] {
  const value = record[fieldId];
  if (!Array.isArray(value)) throw manifestCorrupt(`field ${fieldId}`, 'an array', value);
  return value;
}

/** A map stored as an array of pairs; empty where it is null. */
export function mapOf<T>(
  record: FieldsById,
  fieldId: number,
  options: {
    readonly keyId: number;
    readonly valueId: number;
    readonly value: (record: FieldsById, fieldId: number) => T;
  },
): ReadonlyMap<number, T> {
  const pairs = optionalOf(record, fieldId, arrayOf) ?? [];
  return new Map(
    pairs.map((item) => {
      const pair = asFields(item, `field ${fieldId}`);
      return [intOf(pair, options.keyId), options.value(pair, options.valueId)] as const;
    }),
  );
}
