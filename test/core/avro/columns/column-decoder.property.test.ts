import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseAvroType } from '#core/avro/avro-type.ts';
import { createColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { createRowDecoder } from '#core/avro/row-codec.ts';
import { hasCode } from '#core/errors.ts';
import type { Row } from '#core/schema/field.ts';
import { type Draw, drawOf, mutateBytes, pick } from '#test/fuzz/mutate.ts';
import { randomDatum } from './random-datum.ts';
import { evolvedPair, type SchemaPair, samePair } from './random-schemas.ts';
import { decodeColumns } from './vector-rows.ts';

const SCHEMAS = 200;
const ROWS = 30;

/** What the row decoder makes of datums; null for one that it refuses. */
function decodeRows(pair: SchemaPair, datums: readonly Uint8Array[]): readonly (Row | null)[] {
  const decode = createRowDecoder(pair);
  return datums.map((datum) => {
    try {
      return decode(datum).row;
    } catch (error) {
      if (!hasCode(error, 'FORMAT_CORRUPT')) throw error;
      return null;
    }
  });
}

/** Why a pair does not resolve, in the words of a decoder; null when it does. */
function problemOf(create: (pair: SchemaPair) => unknown, pair: SchemaPair): string | null {
  try {
    create(pair);
    return null;
  } catch (error) {
    if (!hasCode(error, 'SCHEMA_INCOMPATIBLE')) throw error;
    return error.message;
  }
}

/** What lies around a datum in the data: read by mistake, it would be zero, a length, or never end. */
const POISONS = [Uint8Array.of(0xff), new Uint8Array(16), new Uint8Array(16).fill(2)];

/** Compares both decoders; answers the rows that decode. */
function expectLikeRows(
  pair: SchemaPair,
  datums: readonly Uint8Array[],
  poison = POISONS[0],
): number {
  const rows = decodeRows(pair, datums);
  const columns = decodeColumns(pair, datums, poison);
  const differs = rows.findIndex((row, index) => !isDeepStrictEqual(asRow(row), columns[index]));
  if (differs >= 0) {
    const schema = JSON.stringify(pair.writerSchema);
    const hex = Buffer.from(datums[differs] ?? []).toString('hex');
    expect({ schema, hex, row: columns[differs] }).toEqual({ schema, hex, row: rows[differs] });
  }
  return rows.filter((row) => row !== null).length;
}

/** Nothing is to be learned from what kind of object a row is. */
function asRow(row: Row | null): Row | null {
  return row === null ? null : { ...row };
}

function datumsOf(draw: Draw, { writerSchema }: SchemaPair): readonly Uint8Array[] {
  const type = parseAvroType(writerSchema);
  return Array.from({ length: ROWS }, () => randomDatum(draw, type));
}

/** Pairs that resolve; the others have the same problem for both decoders. */
function* pairsOf(
  makePair: (draw: Draw) => SchemaPair,
  seed: number,
): Generator<[SchemaPair, Draw]> {
  for (let index = 0; index < SCHEMAS; index++) {
    const draw = drawOf(seed, index);
    const pair = makePair(draw);
    const problem = problemOf(createRowDecoder, pair);
    expect(problemOf(createColumnDecoder, pair)).toBe(problem);
    if (problem === null) yield [pair, draw];
  }
}

describe('the column decoder', () => {
  it.each([
    ['equal schemas', samePair],
    ['a writer that has evolved away', evolvedPair],
  ])('has the values of the row decoder for %s', (_name, makePair) => {
    let decoded = 0;
    for (const [pair, draw] of pairsOf(makePair, 31)) {
      decoded += expectLikeRows(pair, datumsOf(draw, pair));
    }
    expect(decoded).toBeGreaterThan(SCHEMAS * ROWS * 0.8);
  });

  it.each([
    ['equal schemas', samePair],
    ['a writer that has evolved away', evolvedPair],
  ])('takes and refuses damaged datums as the row decoder does, for %s', (_name, makePair) => {
    let decoded = 0;
    for (const [pair, draw] of pairsOf(makePair, 32)) {
      const corpus = datumsOf(draw, pair);
      const damaged = corpus.map(() => mutateBytes(draw, corpus));
      decoded += expectLikeRows(pair, damaged, pick(draw, POISONS));
    }
    expect(decoded).toBeGreaterThan(SCHEMAS);
    expect(decoded).toBeLessThan(SCHEMAS * ROWS * 0.6);
  });
});
