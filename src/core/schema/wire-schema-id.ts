/**
 * The id of a schema version as records carry it, in one text form for both registries, so that one map
 * finds every reader: a lower-case UUID (AWS Glue header, and Sluice's own ids), or a positive number in
 * decimal digits (Confluent header). No text is both.
 */
export type WireSchemaId = string;

export type WireFormat = 'glue' | 'confluent';

const DIGITS = /^[1-9]\d{0,9}$/;

/** Highest id of a Confluent header: a signed 32-bit number. */
export const MAX_CONFLUENT_ID = 0x7fff_ffff;

/** Which header carries ids of this form. */
export function wireFormatOf(id: WireSchemaId): WireFormat {
  return DIGITS.test(id) ? 'confluent' : 'glue';
}

/** Number of a Confluent id; null for any other text. */
export function confluentIdOf(id: WireSchemaId): number | null {
  if (!DIGITS.test(id)) return null;
  const value = Number(id);
  return value <= MAX_CONFLUENT_ID ? value : null;
}
