import { SluiceError } from '#core/errors.ts';
import type { Field, Value } from '#core/schema/field.ts';
import { type AvroRecord, parseAvroType } from '../avro-type.ts';
import { createRowDecoder } from '../row-codec.ts';
import type { Column } from './column.ts';
import type { ColumnTarget } from './column-target.ts';
import { layoutOf } from './create-column.ts';
import type { DecoderSource } from './decoder-source.ts';
import { DECODER_TOOLS } from './decoder-tools.ts';
import type { EnumColumn } from './enum-column.ts';
import { generateDecoder } from './generate-decoder.ts';
import { ListColumn, MapColumn, type StructColumn } from './nested-columns.ts';

export interface ColumnDecoderOptions {
  /** Schema the bytes were written with, as JSON value. */
  readonly writerSchema: unknown;
  /** Schema of `fields`, as JSON value; its aliases find renamed fields. */
  readonly readerSchema: unknown;
  /** Those of the target, in any order; declared differently where a reader is relaxed. */
  readonly fields: readonly Field[];
}

/** Rows as Avro binary: row r is `data[starts[r]..ends[r])`. */
export interface AvroRows {
  readonly data: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Becomes 0 for a row that does not decode; is not written otherwise, and not read. */
  readonly ok: Uint8Array;
}

export interface ColumnDecoder {
  /**
   * Decodes rows `from` to before `to` into the slots of the same numbers, and answers how many do not decode. Such a
   * row is marked in `ok`, reads as missing in every column and leaves nothing in lists and maps; createRowDecoder
   * tells why. All calls of a batch have the same `data`, and increasing rows. Throws RangeError otherwise.
   */
  decode(target: ColumnTarget, rows: AvroRows, from: number, to: number): number;
}

/**
 * Compiles a decoder from rows to columns: it takes what createRowDecoder takes, with the same values, and refuses
 * what that refuses. Throws SCHEMA_INCOMPATIBLE where that does.
 */
export function createColumnDecoder(options: ColumnDecoderOptions): ColumnDecoder {
  // Says whether the schemas fit; what follows relies on it.
  createRowDecoder(options);
  const { text, source, fills } = generateDecoder({
    writer: parseAvroType(options.writerSchema) as AvroRecord,
    reader: parseAvroType(options.readerSchema) as AvroRecord,
    fields: options.fields,
  });
  const decodeRows = compile(text, source);
  const layout = layoutOf(options.fields);
  let bound: Binding | null = null;
  return {
    decode(target, rows, from, to) {
      if (to > Math.min(rows.starts.length, rows.ends.length, rows.ok.length)) {
        throw new RangeError(`rows up to ${to}, expected at most ${rows.starts.length}`);
      }
      if (bound?.target !== target) bound = bind(target, source, layout);
      const { columns, symbolCodes } = bound;
      const { bytes, view } = target.open(rows.data);
      target.advance(from, to);
      for (const { column, value } of fills) fill(columns[column], from, to, value);
      const { starts, ends, ok } = rows;
      return decodeRows({ target, columns, symbolCodes, bytes, view, starts, ends, ok }, from, to);
    },
  };
}

interface Binding {
  readonly target: ColumnTarget;
  readonly columns: readonly Column[];
  /** Per enum of the writer: codes of its symbols in the dictionary of the target's column. */
  readonly symbolCodes: readonly Int32Array[];
}

interface Batch extends Binding {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly ok: Uint8Array;
}

type DecodeRows = (batch: Batch, from: number, to: number) => number;

/** The text holds no foreign words: see DecoderSource. */
function compile(text: string, source: DecoderSource): DecodeRows {
  const create = new Function('tools', 'constants', text) as (
    tools: object,
    constants: readonly unknown[],
  ) => DecodeRows;
  return create(DECODER_TOOLS, source.constants);
}

function bind(target: ColumnTarget, source: DecoderSource, layout: string): Binding {
  if (target.layout !== layout) {
    throw new SluiceError(
      'SCHEMA_INCOMPATIBLE',
      'decoder has other fields than its target, expected those of one stream; give both the same',
    );
  }
  const columns: Column[] = [];
  for (const { parent, step } of source.paths) {
    columns.push(columnAt(parent === null ? target : (columns[parent] as Column), step));
  }
  const symbolCodes = source.enums.map(({ column, symbols }) => {
    const found = columns[column] as EnumColumn;
    return Int32Array.from(symbols, (symbol) => found.codeOf(symbol));
  });
  return { target, columns, symbolCodes };
}

/** The column at a step; one layout means that it is there. */
function columnAt(inside: ColumnTarget | Column, step: string): Column {
  if (inside instanceof ListColumn) return inside.element;
  if (inside instanceof MapColumn) return inside.values;
  const { names, children } = inside as ColumnTarget | StructColumn;
  return children[names.indexOf(step)] as Column;
}

function fill(column: Column | undefined, from: number, to: number, value: Value): void {
  if (value === null) column?.fillMissing(from, to);
  else column?.fillValue(from, to, value);
}
