import { TextBuilder } from '../columns/text-builder.ts';
import type { DictionaryVector } from '../columns/vector.ts';

/** Names of the flag rules that do not hold, joined by commas, by row. */
export interface FlagColumn {
  /** Adds a name behind those that the row has. */
  add(row: number, name: string): void;
  finish(): DictionaryVector;
}

export function createFlagColumn(length: number): FlagColumn {
  const texts = new TextBuilder(Number.POSITIVE_INFINITY);
  const joined: string[] = [];
  /** One more than the code; 0 without flags. */
  const codes = new Int32Array(length);
  let isFlagged = false;
  const join = createJoiner((code, name) => {
    const text = code === 0 ? name : `${joined[code - 1]},${name}`;
    const next = texts.addOnce(text);
    joined[next] = text;
    return next + 1;
  });
  return {
    add: (row, name) => {
      isFlagged = true;
      codes[row] = join(codes[row]!, name);
    },
    finish: () => {
      const present = new Uint8Array(length);
      if (!isFlagged) return texts.dictionaryVector(codes, length === 0 ? null : present);
      for (let row = 0; row < length; row++) {
        if (codes[row] === 0) continue;
        present[row] = 1;
        codes[row]!--;
      }
      return texts.dictionaryVector(codes, present.includes(0) ? present : null);
    },
  };
}

/** Remembers what was joined: rows have few different sets of flags. */
function createJoiner(
  join: (code: number, name: string) => number,
): (code: number, name: string) => number {
  const byName = new Map<string, number[]>();
  return (code, name) => {
    let known = byName.get(name);
    if (known === undefined) {
      known = [];
      byName.set(name, known);
    }
    const next = known[code] ?? join(code, name);
    known[code] = next;
    return next;
  };
}
