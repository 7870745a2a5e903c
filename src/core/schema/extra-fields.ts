import { AvroCursor } from '../avro/avro-cursor.ts';
import { type AvroSchema, compileDatumReader } from '../avro/datum-reader.ts';
import type { AvroRecord } from './avro-schema.ts';

/** Column of the bronze table with the fields outside the schema, as JSON. */
export const EXTRA_COLUMN = '_extra';

/**
 * What records of a foreign schema hold beside the reader's fields, as JSON text, so that a writer that is
 * older than its producers loses nothing. Null when the reader has a place for every field.
 * Longs beyond 2^53 are text, bytes are base64.
 */
export function compileExtraReader(
  reader: AvroRecord,
  writer: AvroRecord,
): ((payload: Uint8Array) => string | null) | null {
  const taken = new Set(
    reader.fields.flatMap((field) => {
      const names = [field.name, ...(field.aliases ?? [])];
      return names.find((name) => writer.fields.some((candidate) => candidate.name === name)) ?? [];
    }),
  );
  const extra = writer.fields.map(({ name }) => name).filter((name) => !taken.has(name));
  if (extra.length === 0) return null;
  const read = compileDatumReader(writer as unknown as AvroSchema, (field) =>
    String(field['name']),
  );
  return (payload) => {
    const datum = read(new AvroCursor(payload)) as Readonly<Record<string, unknown>>;
    const values = extra.flatMap((name) =>
      datum[name] === null || datum[name] === undefined ? [] : [[name, datum[name]] as const],
    );
    return values.length === 0 ? null : JSON.stringify(Object.fromEntries(values), toJson);
  };
}

function toJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Map) return Object.fromEntries(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  // A Buffer has become { type, data } before this function sees it.
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value;
}
