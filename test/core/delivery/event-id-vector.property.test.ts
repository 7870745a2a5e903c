import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueReader } from '#core/columns/read-value.ts';
import type { BytesVector } from '#core/columns/vector.ts';
import { vectorsOf } from '#core/columns/vector-builder.ts';
import { eventId } from '#core/delivery/event-id.ts';
import { eventIdVector } from '#core/delivery/event-id-vector.ts';
import type { Row } from '#core/schema/field.ts';
import { encodeDictionary } from '#test/core/columns/encode-dictionary.ts';
import { EVERYTHING, rowOf } from './block-world.ts';

const { fields } = EVERYTHING;
const names = fields.map(({ name }) => name).filter((name) => name !== 'place');
const rows = fc.array(rowOf(fields), { maxLength: 8 });

function textsOf(vector: BytesVector): readonly unknown[] {
  const read = valueReader(vector, { kind: 'string' });
  return Array.from({ length: vector.length }, (_, row) => read(row));
}

describe('eventIdVector', () => {
  it('gives the texts of eventId', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...names, 'fee_cents', 'unknown'], { minLength: 1 }),
        rows,
        fc.boolean(),
        (identity, all, isDictionary) => {
          const vectors = vectorsOf(fields, all).map((vector) =>
            isDictionary && vector.kind === 'bytes' ? encodeDictionary(vector) : vector,
          );
          const selected = new Uint8Array(all.length).fill(1);
          const ids = eventIdVector(identity, { fields, vectors, length: all.length, selected });
          expect(textsOf(ids)).toEqual(all.map((row) => eventId(identity, row)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not copy strings that are the whole identity and need no escape', () => {
    const all: readonly Row[] = [{ id: 'a' }, { id: 'b' }];
    const only = fields.filter(({ name }) => name === 'id');
    const vectors = vectorsOf(only, all);
    const options = { fields: only, vectors, length: 2, selected: Uint8Array.of(1, 1) };
    const ids = eventIdVector(['id'], options);
    expect(ids.data).toBe((vectors[0] as BytesVector).data);
    expect(textsOf(ids)).toEqual(['a', 'b']);
  });

  it('leaves rows that are not selected empty', () => {
    const all: readonly Row[] = [{ id: 'a:' }, { id: 'b' }];
    const only = fields.filter(({ name }) => name === 'id');
    const selected = Uint8Array.of(1, 0);
    const ids = eventIdVector(['id'], {
      fields: only,
      vectors: vectorsOf(only, all),
      length: 2,
      selected,
    });
    expect(textsOf(ids)).toEqual(['a%3A', '']);
  });
});
