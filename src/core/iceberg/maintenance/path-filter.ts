/**
 * A set of paths in a fixed amount of memory that never forgets one: `mayHave` is true for every path that was added, and, rarely, for
 * one that was not (a Bloom filter). Who deletes what it does not have errs towards keeping only. Another seed makes other errors,
 * so that what was kept by mistake once is not kept for ever.
 */
export interface PathFilter {
  add(path: string): void;
  mayHave(path: string): boolean;
}

/** About one mistake in 5,000 at 20 bits per path. */
const HASHES = 8;

/** @param options.sizeBytes a power of two */
export function createPathFilter(options: {
  readonly sizeBytes: number;
  readonly seed: number;
}): PathFilter {
  const words = new Uint32Array(options.sizeBytes / 4);
  const mask = words.length * 32 - 1;
  const places = (path: string): readonly number[] => {
    const [first, second] = hashPath(path, options.seed);
    // Double hashing; an odd step reaches every place. Source: Kirsch and Mitzenmacher, "Less Hashing, Same Performance".
    return Array.from({ length: HASHES }, (_, n) => (first + n * (second | 1)) & mask & 0x7fffffff);
  };
  return {
    add: (path) => {
      for (const place of places(path)) words[place >>> 5]! |= 1 << (place & 31);
    },
    mayHave: (path) =>
      places(path).every((place) => ((words[place >>> 5] ?? 0) & (1 << (place & 31))) !== 0),
  };
}

/** Two 32-bit hashes of the UTF-16 units (FNV-1a with a finishing mix). */
function hashPath(path: string, seed: number): readonly [number, number] {
  let a = (0x811c9dc5 ^ seed) >>> 0;
  let b = (0x9747b28c ^ Math.imul(seed, 0x85ebca6b)) >>> 0;
  for (let index = 0; index < path.length; index++) {
    const unit = path.charCodeAt(index);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995) ^ (b >>> 15);
  }
  return [mix(a), mix(b)];
}

function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
