import { expect } from 'vitest';
import { createRowDecoder } from '#core/avro/row-codec.ts';
import { hasCode } from '#core/errors.ts';
import type { FieldType, Value } from '#core/schema/field.ts';
import { field } from './trade-schema.ts';

export const incompatible = expect.toSatisfy((error) => hasCode(error, 'SCHEMA_INCOMPATIBLE'));
export const corrupt = expect.toSatisfy((error) => hasCode(error, 'FORMAT_CORRUPT'));

export function record(...fields: unknown[]) {
  return { type: 'record', name: 'r', fields };
}

/** Decodes one-field rows of a writer type as a field. */
export function decodeOne(
  hex: string,
  writerType: unknown,
  options: { readonly type: FieldType; readonly readerType?: unknown; readonly optional?: boolean },
): Value {
  const decode = createRowDecoder({
    writerSchema: record({ name: 'x', type: writerType }),
    readerSchema: record({ name: 'x', type: options.readerType ?? writerType }),
    fields: [field('x', options.type, { optional: options.optional ?? false })],
  });
  return decode(Buffer.from(hex.replaceAll(' ', ''), 'hex')).row['x'] ?? null;
}

export const decimal = (precision: number, scale: number) => ({
  kind: 'decimal' as const,
  precision,
  scale,
});
export const avroDecimal = (precision: number, scale: number) => ({
  type: 'bytes',
  logicalType: 'decimal',
  precision,
  scale,
});
