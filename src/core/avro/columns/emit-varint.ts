import { type Place, roomEnd } from './decoder-source.ts';

/*
 * Code for variable-length integers: one byte is read at once, more by a function. A place guarantees one byte.
 */

/** `n` becomes an int (or the number of a branch or symbol). */
export function emitInt({ out, after, fail }: Place): void {
  out.add(
    'n = b[p++];',
    'if (n > 127) {',
    'n = readInt(b, p - 1, end);',
    'p = cursor.next;',
    `if (p > ${roomEnd(after)}) ${fail}`,
    '} else n = (n >>> 1) ^ -(n & 1);',
  );
}

/** `n` becomes a length whose bytes are there. */
export function emitLength({ out, after, fail }: Place): void {
  out.add(
    'n = b[p++];',
    'if (n > 127) {',
    'n = readLength(b, p - 1, end);',
    'p = cursor.next;',
    '} else n = (n >>> 1) ^ -(n & 1);',
    `if (n < 0 || n > ${roomEnd(after)} - p) ${fail}`,
  );
}

/**
 * Blocks of an array or a map, each with `count` items; `body` writes the code for one block. Stands in a function of
 * its own, since the bytes that follow are not known to it.
 */
export function emitBlocks(place: Place, body: () => void): void {
  const { out, fail } = place;
  out.add(
    'for (;;) {',
    `if (p >= end) ${fail}`,
    'let count = b[p++];',
    'if (count > 127 || (count & 1) !== 0) {',
    'count = readBlockCount(b, p - 1, end);',
    'p = cursor.next;',
    '} else count >>>= 1;',
    `if (count > end - p) ${fail}`,
    'if (count === 0) break;',
  );
  body();
  out.add('}');
}
