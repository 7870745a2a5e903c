import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listPage } from '#embedded/s3/operations/list-page.ts';
import { compareUtf8 } from '#embedded/s3/protocol/utf8-order.ts';

const KEYS = fc
  .uniqueArray(
    fc.string({ unit: fc.constantFrom('a', 'b', '/', '😀', '\uffff'), minLength: 1, maxLength: 5 }),
    {
      maxLength: 40,
    },
  )
  .map((keys) => keys.toSorted(compareUtf8));
const NAME = fc.string({ unit: fc.constantFrom('a', 'b', '/', '😀'), maxLength: 2 });

/** The definition, without an index: roll up, drop what is not above `after`, in byte order. */
function listNaively(
  keys: readonly string[],
  query: { prefix: string; delimiter: string; after: string },
): readonly string[] {
  const names = keys
    .filter((key) => key.startsWith(query.prefix))
    .map((key) => {
      const found = query.delimiter === '' ? -1 : key.indexOf(query.delimiter, query.prefix.length);
      return found < 0 ? key : key.slice(0, found + query.delimiter.length);
    });
  return [...new Set(names)]
    .toSorted(compareUtf8)
    .filter((name) => compareUtf8(name, query.after) > 0);
}

describe('listPage', () => {
  it('lists what the definition says, page by page', () => {
    fc.assert(
      fc.property(
        KEYS,
        NAME,
        NAME,
        NAME,
        fc.integer({ min: 1, max: 5 }),
        fc.func(fc.boolean()),
        (keys, prefix, delimiter, start, limit, isListed) => {
          const listed = keys.filter((key) => isListed(key));
          const expected = listNaively(listed, { prefix, delimiter, after: start });
          const names: string[] = [];
          let after = start;
          let isTruncated = true;
          while (isTruncated) {
            const page = listPage(keys, { prefix, delimiter, after, limit, isListed });
            const pageNames = [...page.keys, ...page.commonPrefixes].toSorted(compareUtf8);
            expect(pageNames.length).toBeLessThanOrEqual(limit);
            names.push(...pageNames);
            after = page.lastName ?? after;
            isTruncated = page.isTruncated;
          }
          expect(names).toEqual(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is not truncated when the page ends with the last name', () => {
    const query = { prefix: '', delimiter: '', after: '', isListed: () => true };
    expect(listPage(['a', 'b'], { ...query, limit: 2 }).isTruncated).toBe(false);
    expect(listPage(['a', 'b', 'c'], { ...query, limit: 2 }).isTruncated).toBe(true);
  });

  it('lists nothing for a limit of zero', () => {
    const query = { prefix: '', delimiter: '', after: '', limit: 0, isListed: () => true };
    expect(listPage(['a'], query)).toMatchObject({ keys: [], isTruncated: false });
  });
});
