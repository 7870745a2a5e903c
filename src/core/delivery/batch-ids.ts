import type { BytesVector } from '../columns/vector.ts';
import type { Hashes } from './id-hash.ts';

/** The rows of a batch by identity. */
export interface BatchIds {
  /** Row that was kept last with the identity of this one; -1 for none. */
  find(row: number): number;
  /** Keeps the row that was asked for last. */
  keep(row: number): void;
}

/**
 * Slots that are looked at for one identity. More are taken only when someone has made texts whose hashes fall
 * together; they go to a map, whose hash nobody can foresee, so that such a batch takes no quadratic time.
 */
const MAX_PROBES = 64;

/** @param hashes Of the ids; they are compared by their bytes as well. */
export function createBatchIds(ids: BytesVector, hashes: Hashes): BatchIds {
  /** One more than the row; 0 is free. At most half of them are taken. */
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * ids.length + 2)));
  const mask = slots.length - 1;
  const crowded = new Map<string, number>();
  let place = 0;
  const find = (row: number): number => {
    place = hashes[4 * row]! & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const other = slots[place]! - 1;
      if (other < 0 || isSame(ids, hashes, { row, other })) return other;
      place = (place + 1) & mask;
    }
    place = -1;
    return crowded.get(textOf(ids, row)) ?? -1;
  };
  return {
    find,
    keep: (row) => {
      if (place < 0) crowded.set(textOf(ids, row), row);
      else slots[place] = row + 1;
    },
  };
}

function isSame(
  { data, starts, ends }: BytesVector,
  hashes: Hashes,
  { row, other }: { readonly row: number; readonly other: number },
): boolean {
  for (let word = 0; word < 4; word++) {
    if (hashes[4 * row + word] !== hashes[4 * other + word]) return false;
  }
  const start = starts[row]!;
  const size = ends[row]! - start;
  const otherStart = starts[other]!;
  if (ends[other]! - otherStart !== size) return false;
  for (let index = 0; index < size; index++) {
    if (data[start + index] !== data[otherStart + index]) return false;
  }
  return true;
}

function textOf({ data, starts, ends }: BytesVector, row: number): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString(
    'latin1',
    starts[row],
    ends[row],
  );
}
