import { describe, expect, it } from 'vitest';
import { compileJsonPath } from '#adapters/jsonpath/compile-json-path.ts';
import { hasCode } from '#core/errors.ts';

/** Source: RFC 9535 §1.5, the bookstore. */
const STORE = {
  store: {
    book: [
      { category: 'reference', author: 'Nigel Rees', price: 8.95 },
      { category: 'fiction', author: 'Evelyn Waugh', price: 12.99 },
      { category: 'fiction', author: 'Herman Melville', isbn: '0-553-21311-3', price: 8.99 },
    ],
    bicycle: { color: 'red', price: 399 },
  },
};

describe('JSONPath', () => {
  it.each([
    ['$.store.book[*].author', false, ['store', 'book', 0, 'author'], 3],
    ['$..author', false, ['store', 'book', 0, 'author'], 3],
    ['$..book[2]', false, ['store', 'book', 2], 1],
    ['$..book[-1]', false, ['store', 'book', 2], 1],
    ['$..book[?@.isbn]', false, ['store', 'book', 2], 1],
    ['$..book[?@.price<10]', false, ['store', 'book', 0], 2],
    ["$['store']['bicycle'].color", true, ['store', 'bicycle', 'color'], 1],
    ['$', true, [], 1],
    ['$.nothing', true, undefined, 0],
  ])('%s leads to its places', (text, singular, first, count) => {
    const path = compileJsonPath(text);
    const places = path.find(STORE);
    expect([path.singular, places[0], places.length]).toEqual([singular, first, count]);
  });

  it.each(['', 'store', '$.', '$[', '$..', '$[?', "$['a", '$.a b', '$[?nofunction(@)]'])(
    'refuses %j with the column',
    (text) => {
      expect(() => compileJsonPath(text)).toThrow(
        expect.toSatisfy(
          (error) => hasCode(error, 'EXPRESSION_INVALID') && Number(error.context['column']) >= 1,
        ),
      );
    },
  );
});
