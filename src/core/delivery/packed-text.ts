import { SluiceError } from '../errors.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import { type Position, padSequence, SEQUENCE_DIGITS } from './position.ts';

/**
 * The form of what every snapshot repeats (`sluice.sources`, `sluice.batch`): a version, then records after `;` with fields
 * between `,`. A field that begins like the one before it says so: `33=2` is "its first 33 characters, then 2". Zeros at the
 * end of counts are left out, and what was committed where it is what was received. No quotes: within the metadata file each would take two characters.
 *
 * A table with eight shards and 1,100 tags holds ten thousand positions, and every commit reads and writes them all.
 */
export const PACKED_VERSION = '2';

/** Texts of before stand as JSON. */
export function isPacked(text: string): boolean {
  return text === PACKED_VERSION || text.startsWith(`${PACKED_VERSION};`);
}

export function packRecords(records: readonly string[]): string {
  return [PACKED_VERSION, ...records].join(';');
}

export function packedRecords(text: string): readonly string[] {
  return text.split(';').slice(1);
}

/** What fields of one text are told by: the ones before them. */
export class PackedFields {
  #name = '';
  #sequence = '0'.repeat(SEQUENCE_DIGITS);
  #micros = '';

  packName(name: string): string {
    const escaped = escapeName(name);
    const packed = packAfter(this.#name, escaped);
    this.#name = escaped;
    return packed;
  }

  unpackName(field: string | undefined): string {
    this.#name = unpackAfter(this.#name, field);
    return decodeURIComponent(this.#name);
  }

  packPosition({ sequence, subSequence }: Position): readonly string[] {
    const packed = packAfter(this.#sequence, sequence);
    this.#sequence = sequence;
    return [packed, String(subSequence)];
  }

  unpackPosition(sequence: string | undefined, subSequence: string | undefined): Position {
    const digits = unpackAfter(this.#sequence, sequence);
    if (digits.length !== SEQUENCE_DIGITS) throw malformed('a sequence number', digits);
    this.#sequence = padSequence(digits);
    const place = unpackInteger(subSequence);
    if (place < 0) throw malformed('a place in a record', place);
    return { sequence: this.#sequence, subSequence: place };
  }

  packMicros(micros: bigint | null | undefined): string {
    if (micros === null || micros === undefined) return '';
    const text = micros.toString();
    const packed = packAfter(this.#micros, text);
    this.#micros = text;
    return packed;
  }

  unpackMicros(field: string | undefined): bigint | null {
    if (field === '') return null;
    const text = unpackAfter(this.#micros, field);
    if (!/^-?\d+$/.test(text)) throw malformed('microseconds', field);
    this.#micros = text;
    return BigInt(text);
  }
}

/** Letters, digits and `-_.!~*'():/` stand for themselves; the separators do not. */
export function escapeName(name: string): string {
  return encodeURIComponent(name).replaceAll('%3A', ':').replaceAll('%2F', '/');
}

export function packCounts(c: DeliveryCounts): readonly string[] {
  const all = [c.received, c.committed, c.rejected, c.deduplicated, c.deadLettered, c.late];
  const texts = all.slice(0, all.findLastIndex((count) => count !== 0) + 1).map(String);
  return texts.length > 1 && texts[1] === texts[0] ? texts.with(1, '') : texts;
}

export function unpackCounts(fields: readonly string[]): DeliveryCounts {
  if (fields.length > 6) throw malformed('six counts at most', fields.length);
  const texts = fields[1] === '' ? fields.with(1, fields[0] ?? '') : fields;
  const [received = 0, committed = 0, rejected = 0, deduplicated = 0, deadLettered = 0, late = 0] =
    texts.map(unpackInteger);
  return { received, committed, rejected, deduplicated, deadLettered, late };
}

export function unpackInteger(field: string | undefined): number {
  const value = /^-?\d+$/.test(field ?? '') ? Number(field) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw malformed('a whole number', field);
  return value;
}

/** Throws TABLE_INVALID for a text that packs into another one: it was not written by us, or is damaged. */
export function requireCanonical(text: string, packedAgain: string): void {
  if (text !== packedAgain)
    throw malformed('the shortest form', `${text.length} characters of another`);
}

export function malformed(expected: string, got: unknown): SluiceError {
  return new SluiceError('TABLE_INVALID', `expected ${expected}, got ${String(got).slice(0, 80)}`);
}

function packAfter(before: string, text: string): string {
  let shared = 0;
  while (shared < text.length && text[shared] === before[shared]) shared++;
  return shared === 0 ? text : `${shared}=${text.slice(shared)}`;
}

function unpackAfter(before: string, field: string | undefined): string {
  const [first, rest, ...more] = field?.split('=') ?? [];
  if (first === undefined || more.length > 0) throw malformed('a field', field);
  if (rest === undefined) return first;
  const shared = unpackInteger(first);
  if (shared < 1 || shared > before.length) throw malformed('a part of the field before', field);
  return before.slice(0, shared) + rest;
}
