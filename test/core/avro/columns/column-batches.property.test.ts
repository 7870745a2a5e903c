import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseAvroType } from '#core/avro/avro-type.ts';
import { type ColumnDecoder, createColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { createColumnTarget } from '#core/avro/columns/column-target.ts';
import { createRowDecoder } from '#core/avro/row-codec.ts';
import type { Vector } from '#core/columns/vector.ts';
import { type Field, type Row, storedName } from '#core/schema/field.ts';
import { below, type Draw, drawOf, mutateBytes, pick } from '#test/fuzz/mutate.ts';
import { randomDatum } from './random-datum.ts';
import { type SchemaPair, writersOf } from './random-schemas.ts';
import { layOut, rowAt } from './vector-rows.ts';

const STREAMS = 30;
const SIZES = [1, 300, 0, 3, 2_500, 7, 40];

interface Version {
  readonly decoder: ColumnDecoder;
  readonly decodeRow: (datum: Uint8Array) => Row | null;
  readonly corpus: readonly Uint8Array[];
}

function versionOf(pair: SchemaPair, draw: Draw): Version {
  const type = parseAvroType(pair.writerSchema);
  const decode = createRowDecoder(pair);
  return {
    decoder: createColumnDecoder(pair),
    decodeRow(datum) {
      try {
        return { ...decode(datum).row };
      } catch {
        return null;
      }
    },
    corpus: Array.from({ length: 30 }, () => randomDatum(draw, type)),
  };
}

/** Versions of one stream; those whose writer cannot be read are left out. */
function versionsOf(draw: Draw): {
  readonly fields: readonly Field[];
  readonly versions: readonly Version[];
} {
  const pairs = writersOf(draw, 3);
  const versions = pairs.flatMap((pair) => {
    try {
      return [versionOf(pair, draw)];
    } catch {
      return [];
    }
  });
  return { fields: pairs[0]?.fields ?? [], versions };
}

const MISSING = Symbol('missing');

interface PlannedRow {
  /** Null for a row that no decoder is given. */
  readonly version: Version | null;
  readonly datum: Uint8Array;
}

function planRows(draw: Draw, versions: readonly Version[], size: number): readonly PlannedRow[] {
  let version: Version | null = null;
  return Array.from({ length: size }, () => {
    // Runs of rows of one version, of any length.
    if (draw() < 0.3) version = draw() < 0.15 ? null : pick(draw, versions);
    if (version === null) return { version, datum: new Uint8Array(0) };
    const damaged = draw() < 0.1;
    return {
      version,
      datum: damaged ? mutateBytes(draw, version.corpus) : pick(draw, version.corpus),
    };
  });
}

function expectedRow({ version, datum }: PlannedRow): Row | typeof MISSING {
  return version?.decodeRow(datum) ?? MISSING;
}

/** Lists and maps of a vector take exactly the items that its rows have, and missing rows take none. */
function expectConsistent(vector: Vector): void {
  if (vector.kind === 'struct') {
    for (const child of vector.children) {
      expect(child.length).toBe(vector.length);
      expectConsistent(child);
    }
  }
  if (vector.kind !== 'list' && vector.kind !== 'map') return;
  const children = vector.kind === 'list' ? [vector.element] : [vector.keys, vector.values];
  expect(vector.offsets[0]).toBe(0);
  for (let row = 0; row < vector.length; row++) {
    const size = (vector.offsets[row + 1] ?? -1) - (vector.offsets[row] ?? 0);
    const missing = vector.validity?.[row] === 0;
    if (size < 0 || (missing && size > 0)) expect({ row, size, missing }).toBeNull();
  }
  for (const child of children) {
    expect(child.length).toBe(vector.offsets[vector.length]);
    expectConsistent(child);
  }
}

describe('a target of several decoders', () => {
  it('keeps rows apart over batches of very different sizes, with rows that fail or are left out', () => {
    let compared = 0;
    for (let index = 0; index < STREAMS; index++) {
      const draw = drawOf(41, index);
      const { fields, versions } = versionsOf(draw);
      if (versions.length === 0) continue;
      const target = createColumnTarget(fields);
      const size = pick(draw, SIZES);
      for (const rowCount of [size, pick(draw, SIZES), pick(draw, SIZES)]) {
        const planned = planRows(draw, versions, rowCount);
        const rows = layOut(planned.map(({ datum }) => datum));
        target.begin(rowCount + below(draw, 5));
        for (let from = 0; from < rowCount; ) {
          const { version } = planned[from] as PlannedRow;
          let to = from + 1;
          while (to < rowCount && planned[to]?.version === version && draw() < 0.95) to++;
          version?.decoder.decode(target, rows, from, to);
          from = to;
        }
        const vectors = target.finish(rowCount);
        for (const vector of vectors) expectConsistent(vector);
        const missing = Object.fromEntries(fields.map((field) => [storedName(field), null]));
        planned.forEach((plan, row) => {
          const expected = expectedRow(plan);
          const actual = rowAt(vectors, fields, row);
          const ok = expected === MISSING && plan.version !== null ? 0 : 1;
          const same = isDeepStrictEqual(actual, expected === MISSING ? missing : expected);
          if (!same || rows.ok[row] !== ok)
            expect({ actual, ok: rows.ok[row] }).toEqual({ actual: expected, ok });
          if (expected === MISSING) expectMissing(vectors, row);
          compared++;
        });
      }
    }
    expect(compared).toBeGreaterThan(5_000);
  });
});

function expectMissing(vectors: readonly Vector[], row: number): void {
  if (vectors.some(({ validity }) => validity?.[row] !== 0)) {
    expect(vectors.map(({ validity }) => validity?.[row])).toEqual(vectors.map(() => 0));
  }
}
