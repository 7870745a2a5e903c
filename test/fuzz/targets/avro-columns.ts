import { isDeepStrictEqual } from 'node:util';
import { parseAvroType } from '#core/avro/avro-type.ts';
import {
  type ColumnDecoderOptions,
  createColumnDecoder,
} from '#core/avro/columns/column-decoder.ts';
import { createColumnTarget } from '#core/avro/columns/column-target.ts';
import { createRowDecoder } from '#core/avro/row-codec.ts';
import { hasCode } from '#core/errors.ts';
import { randomDatum } from '#test/core/avro/columns/random-datum.ts';
import { evolvedPair } from '#test/core/avro/columns/random-schemas.ts';
import { layOut, rowAt } from '#test/core/avro/columns/vector-rows.ts';
import { type FuzzTarget, refusedWith, type Verdict } from '../fuzz-target.ts';
import { genuineRows } from '../genuine-inputs.ts';
import { type Draw, drawOf, mutateBytes, pick } from '../mutate.ts';

const PAIRS = 200;
const DATUMS = 8;

/**
 * Avro rows as columns, of a schema with every type and of random pairs of schemas. The row decoder is the judge:
 * each input must be taken or refused as it does, with the same values, between two sound rows that stay as they are.
 */
export const avroColumns: FuzzTarget = {
  name: 'avro-columns',
  async prepare() {
    const { schema, fields, encoded } = genuineRows();
    const cases = [
      caseOf({ writerSchema: schema, readerSchema: schema, fields }, encoded),
      ...Array.from({ length: PAIRS }, (_, index) => randomCase(drawOf(5, index))).flat(),
    ];
    return { run: (draw) => pick(draw, cases)(draw) };
  },
};

function randomCase(draw: Draw): readonly ((draw: Draw) => Verdict)[] {
  const pair = evolvedPair(draw);
  try {
    const decode = createRowDecoder(pair);
    const type = parseAvroType(pair.writerSchema);
    const datums = Array.from({ length: DATUMS }, () => randomDatum(draw, type));
    const sound = datums.filter((datum) => rowOf(decode, datum) !== null);
    return sound.length === 0 ? [] : [caseOf(pair, sound)];
  } catch (error) {
    if (hasCode(error, 'SCHEMA_INCOMPATIBLE')) return [];
    throw error;
  }
}

/** Decodes damaged datums of a corpus into a target that all of them share. */
function caseOf(
  pair: ColumnDecoderOptions,
  corpus: readonly Uint8Array[],
): (draw: Draw) => Verdict {
  const decode = createRowDecoder(pair);
  const decoder = createColumnDecoder(pair);
  const target = createColumnTarget(pair.fields);
  return (draw) => {
    const datums = [pick(draw, corpus), mutateBytes(draw, corpus), pick(draw, corpus)];
    const rows = layOut(datums);
    target.begin(datums.length);
    decoder.decode(target, rows, 0, datums.length);
    const vectors = target.finish(datums.length);
    datums.forEach((datum, index) => {
      const row = rowOf(decode, datum);
      const columns = rows.ok[index] === 1 ? rowAt(vectors, pair.fields, index) : null;
      if (!isDeepStrictEqual(row, columns)) {
        const hex = Buffer.from(datum).toString('hex');
        throw new Error(`row ${index} differs: ${hex} of ${JSON.stringify(pair.writerSchema)}`);
      }
    });
    return rows.ok[1] === 1 ? 'accepted' : 'refused';
  };
}

function rowOf(decode: ReturnType<typeof createRowDecoder>, datum: Uint8Array): object | null {
  try {
    return { ...decode(datum).row };
  } catch (error) {
    refusedWith(error, (e) => hasCode(e, 'FORMAT_CORRUPT'));
    return null;
  }
}
