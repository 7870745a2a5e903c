import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vectorsOf } from '#core/columns/vector-builder.ts';
import { suspectFinder } from '#core/delivery/suspect-values.ts';
import { compileValueCheck } from '#core/delivery/value-check.ts';
import { EVERYTHING, rowOf } from './block-world.ts';

const rows = fc.array(rowOf(EVERYTHING.fields), { minLength: 1, maxLength: 10 });

describe('suspectFinder', () => {
  it('finds every row whose value a ValueCheck refuses', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const vectors = vectorsOf(EVERYTHING.fields, all);
        for (const [index, field] of EVERYTHING.fields.entries()) {
          const check = compileValueCheck([field]);
          const suspects = new Set<number>();
          suspectFinder(vectors[index]!, field)?.(0, all.length, (row) => suspects.add(row));
          const refused = all.flatMap((row, place) => (check(row) === null ? [] : [place]));
          expect(refused.filter((place) => !suspects.has(place))).toEqual([]);
        }
      }),
    );
  });

  it('does not suspect times of this century', () => {
    const field = EVERYTHING.fields.find(({ name }) => name === 'at')!;
    const [vector] = vectorsOf([field], [{ at: 1_800_000_000_000_000n }, { at: 0n }]);
    const suspects: number[] = [];
    suspectFinder(vector!, field)?.(0, 2, (row) => suspects.push(row));
    expect(suspects).toEqual([]);
  });
});
