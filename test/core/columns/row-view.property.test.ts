import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueReader } from '#core/columns/read-value.ts';
import { createRowView, materializeRow } from '#core/columns/row-view.ts';
import { createVectorBuilder, vectorsOf } from '#core/columns/vector-builder.ts';
import { storedName } from '#core/schema/field.ts';
import { EVERYTHING, rowOf } from '#test/core/delivery/block-world.ts';

const { fields } = EVERYTHING;
const rows = fc.array(rowOf(fields), { minLength: 1, maxLength: 6 });

describe('columns', () => {
  it('give back the rows they were built from', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const vectors = vectorsOf(fields, all);
        expect(all.map((_, row) => materializeRow(fields, vectors, row))).toEqual(all);
      }),
    );
  });

  it('are seen through a view, one row at a time', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const view = createRowView(fields, vectorsOf(fields, all));
        for (const place of [...all.keys()].toReversed()) {
          view.seek(place);
          expect({ ...view.row }).toEqual(all[place]);
        }
      }),
    );
  });

  it('are built value by value, with rows left out', () => {
    fc.assert(
      fc.property(rows, (all) => {
        for (const field of fields) {
          const builder = createVectorBuilder(field.type, all.length);
          const values = all.map((row, place) =>
            place % 3 === 2 ? null : row[storedName(field)]!,
          );
          for (const [place, value] of values.entries()) builder.set(place, value);
          const vector = builder.finish();
          expect(all.map((_, place) => valueReader(vector, field.type)(place))).toEqual(values);
        }
      }),
    );
  });
});

describe('createVectorBuilder', () => {
  it.each([
    [{ kind: 'int' }, 2 ** 31],
    [{ kind: 'int' }, 1.5],
    [{ kind: 'long' }, 2n ** 63n],
    [{ kind: 'long' }, 1],
    [{ kind: 'float' }, 1e300],
    [{ kind: 'double' }, '1'],
    [{ kind: 'decimal', precision: 3, scale: 0 }, 1000n],
    [{ kind: 'decimal', precision: 20, scale: 0 }, 10n ** 20n],
    [{ kind: 'string' }, '\ud800'],
    [{ kind: 'boolean' }, 1],
    [{ kind: 'bytes' }, 'text'],
    [{ kind: 'list', element: { kind: 'string' } }, [1]],
  ] as const)('refuses for %o what the type does not have', (type, value) => {
    expect(() => createVectorBuilder(type, 1).set(0, value)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE' }),
    );
  });
});
