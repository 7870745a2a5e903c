import { createHash } from 'node:crypto';

/**
 * Randomness by address instead of by sequence: a number is a function of seed, label and index, so any
 * event can be made without the ones before it.
 */
export interface RandomAccess {
  /** Uniform in [0, 1), 53 bits. */
  uniformAt(index: number): number;
  /** Another independent field of numbers. */
  derive(label: string): RandomAccess;
}

/** The seed text decides everything. */
export function createRandomAccess(seed: string): RandomAccess {
  const digest = createHash('sha256').update(seed).digest();
  const [a, b] = [digest.readUInt32LE(0), digest.readUInt32LE(4)];
  return {
    uniformAt: (index) => {
      // High and low word of the index both count: indexes reach past 2^32.
      const low = index >>> 0;
      const high = Math.floor(index / 2 ** 32) >>> 0;
      const first = mix(low ^ a, high ^ b);
      const second = mix(first ^ b, low + 0x9e37_79b9);
      return ((first >>> 5) * 2 ** 26 + (second >>> 6)) / 2 ** 53;
    },
    derive: (label) => createRandomAccess(`${seed}/${label}`),
  };
}

/** Two words to one, all bits used. Source of the constants: MurmurHash3 finalizer. */
function mix(x: number, y: number): number {
  let h = Math.imul(x, 0x85eb_ca6b) ^ Math.imul(y ^ 0x27d4_eb2f, 0xc2b2_ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
