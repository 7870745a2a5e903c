import { createColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { createColumnTarget } from '#core/avro/columns/column-target.ts';
import type { Vector } from '#core/columns/vector.ts';
import type { FieldType, Value } from '#core/schema/field.ts';
import { record } from '../one-field.ts';
import { field } from '../trade-schema.ts';
import { layOut, valueAt } from './vector-rows.ts';

export interface OneColumn {
  readonly type: FieldType;
  readonly readerType?: unknown;
  readonly optional?: boolean;
}

/** A decoder and target of one-field rows. */
export function columnOf(writerType: unknown, { type, readerType, optional = false }: OneColumn) {
  const fields = [field('x', type, { optional })];
  const decoder = createColumnDecoder({
    writerSchema: record({ name: 'x', type: writerType }),
    readerSchema: record({ name: 'x', type: readerType ?? writerType }),
    fields,
  });
  return { decoder, target: createColumnTarget(fields) };
}

/** Decodes one-field rows; the vector and which rows decoded. */
export function decodeColumn(
  datums: readonly Uint8Array[],
  writerType: unknown,
  options: OneColumn,
): { readonly vector: Vector; readonly ok: readonly number[] } {
  const { decoder, target } = columnOf(writerType, options);
  const rows = layOut(datums);
  target.begin(datums.length);
  decoder.decode(target, rows, 0, datums.length);
  return { vector: target.finish(datums.length)[0] as Vector, ok: [...rows.ok] };
}

/** The value of a one-field row; undefined when it does not decode. */
export function decodeOneColumn(
  hex: string,
  writerType: unknown,
  options: OneColumn,
): Value | undefined {
  const datum = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const { vector, ok } = decodeColumn([datum], writerType, options);
  return ok[0] === 1 ? valueAt(vector, options.type, 0) : undefined;
}
