import { valueReader } from '../columns/read-value.ts';
import type { BytesVector, DictionaryVector, Vector } from '../columns/vector.ts';
import { type Field, storedName } from '../schema/field.ts';
import { eventId } from './event-id.ts';
import { EXACT_HIGH, numberOfWords, wordsOf } from './suspect-values.ts';

const COLON = 0x3a;
const PERCENT = 0x25;
/** Most digits of an integer below 2^53, and a sign. */
const MAX_DIGITS = 17;
const ENCODER = new TextEncoder();

/** Bytes that are being put together. */
interface Output {
  data: Uint8Array;
  at: number;
}

/** Appends one part of a row's identity. */
type WritePart = (out: Output, row: number) => void;

/**
 * The texts of eventId() for the selected rows, made of bytes. Rows that are not selected have an empty text.
 * Strings that need no escape and are the whole identity are not copied.
 */
export function eventIdVector(
  identity: readonly string[],
  rows: {
    readonly fields: readonly Field[];
    readonly vectors: readonly Vector[];
    readonly length: number;
    /** 0 for rows that are passed over. */
    readonly selected: Uint8Array;
  },
): BytesVector {
  const places = identity.map((name) =>
    rows.fields.findIndex((field) => storedName(field) === name),
  );
  const [first] = places;
  if (first !== undefined && places.length === 1) {
    const vector = rows.vectors[first];
    if (vector?.kind === 'bytes' && rows.fields[first]?.type.kind !== 'bytes') {
      const plain = withoutEscapes(vector, rows.selected);
      if (plain !== null) return plain;
    }
  }
  const parts = places.map((place) => partWriter(rows.vectors[place], rows.fields[place]));
  return writeIds(parts, rows);
}

function writeIds(
  parts: readonly WritePart[],
  { length, selected }: { readonly length: number; readonly selected: Uint8Array },
): BytesVector {
  const out: Output = { data: new Uint8Array(32 * length + 64), at: 0 };
  const starts = new Int32Array(length);
  const ends = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    if (selected[row] === 0) continue;
    starts[row] = out.at;
    for (let part = 0; part < parts.length; part++) {
      if (part > 0) {
        reserve(out, 1);
        out.data[out.at++] = COLON;
      }
      parts[part]!(out, row);
    }
    ends[row] = out.at;
  }
  return { kind: 'bytes', length, validity: null, data: out.data, starts, ends };
}

/** The vector itself when its selected rows are all there and hold no character that has to be escaped. */
function withoutEscapes(vector: BytesVector, selected: Uint8Array): BytesVector | null {
  const { data, starts, ends, length, validity } = vector;
  for (let row = 0; row < length; row++) {
    if (selected[row] === 0) continue;
    if (validity !== null && validity[row] === 0) return null;
    if (hasEscapes(data, starts[row]!, ends[row]!)) return null;
  }
  return { kind: 'bytes', length, validity: null, data, starts, ends };
}

function hasEscapes(data: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = data[at];
    if (byte === COLON || byte === PERCENT) return true;
  }
  return false;
}

function partWriter(vector: Vector | undefined, field: Field | undefined): WritePart {
  if (vector === undefined || field === undefined)
    return (out) => writeText(out, eventId(['v'], {}));
  const write = presentWriter(vector, field);
  const { validity } = vector;
  if (validity === null) return write;
  return (out, row) => {
    if (validity[row] === 0) writeText(out, eventId(['v'], {}));
    else write(out, row);
  };
}

function presentWriter(vector: Vector, field: Field): WritePart {
  if (vector.kind === 'dictionary') return dictionaryWriter(vector, field);
  if (vector.kind === 'bytes' && field.type.kind !== 'bytes') return stringWriter(vector);
  const read = valueReader(vector, field.type);
  const writeSlowly: WritePart = (out, row) => writeText(out, eventId(['v'], { v: read(row) }));
  if (vector.kind === 'int32') {
    const { values } = vector;
    return (out, row) => writeInteger(out, values[row]!);
  }
  if (vector.kind !== 'int64') return writeSlowly;
  const words = wordsOf(vector.values);
  return (out, row) => {
    const high = words[2 * row + 1]!;
    if (high < EXACT_HIGH && high >= -EXACT_HIGH) writeInteger(out, numberOfWords(words, row));
    else writeSlowly(out, row);
  };
}

/** Entries are escaped once. */
function dictionaryWriter({ codes, dictionary }: DictionaryVector, field: Field): WritePart {
  const write = partWriter(dictionary, field);
  const entries: Uint8Array[] = [];
  return (out, row) => {
    const code = codes[row]!;
    let entry = entries[code];
    if (entry === undefined) {
      const own: Output = { data: new Uint8Array(64), at: 0 };
      write(own, code);
      entry = own.data.subarray(0, own.at);
      entries[code] = entry;
    }
    reserve(out, entry.length);
    const { data } = out;
    let at = out.at;
    for (let index = 0; index < entry.length; index++) data[at++] = entry[index]!;
    out.at = at;
  };
}

function stringWriter({ data: source, starts, ends }: BytesVector): WritePart {
  return (out, row) => {
    const end = ends[row]!;
    let from = starts[row]!;
    // Every byte may be escaped.
    reserve(out, 3 * (end - from));
    const { data } = out;
    let at = out.at;
    for (; from < end; from++) {
      const byte = source[from]!;
      if (byte === COLON || byte === PERCENT) {
        data[at] = PERCENT;
        data[at + 1] = byte === COLON ? 0x33 : 0x32;
        data[at + 2] = byte === COLON ? 0x41 : 0x35;
        at += 3;
      } else data[at++] = byte;
    }
    out.at = at;
  };
}

/** @param value Between -2^53 and 2^53. */
function writeInteger(out: Output, value: number): void {
  reserve(out, MAX_DIGITS);
  const { data } = out;
  if (value < 0) data[out.at++] = 0x2d;
  let rest = Math.abs(value);
  let digits = 1;
  for (let limit = 10; rest >= limit; limit *= 10) digits++;
  for (let at = out.at + digits - 1; at >= out.at; at--) {
    const tens = Math.floor(rest / 10);
    data[at] = 0x30 + (rest - tens * 10);
    rest = tens;
  }
  out.at += digits;
}

function writeText(out: Output, text: string): void {
  reserve(out, 3 * text.length);
  out.at += ENCODER.encodeInto(text, out.data.subarray(out.at)).written;
}

function reserve(out: Output, sizeBytes: number): void {
  const needed = out.at + sizeBytes;
  if (needed <= out.data.length) return;
  const grown = new Uint8Array(Math.max(needed, 2 * out.data.length));
  grown.set(out.data.subarray(0, out.at));
  out.data = grown;
}
