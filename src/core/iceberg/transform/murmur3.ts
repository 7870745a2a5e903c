const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/** 32-bit Murmur3, x86 variant, seed 0; signed result. Source: Iceberg v2 §Appendix B: 32-bit Hash Requirements. */
export function murmur3(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tailStart = bytes.length & ~3;
  let hash = 0;
  for (let offset = 0; offset < tailStart; offset += 4) {
    hash ^= mixBlock(view.getInt32(offset, true));
    hash = rotateLeft(hash, 13);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let offset = bytes.length - 1; offset >= tailStart; offset--) {
    tail = (tail << 8) | view.getUint8(offset);
  }
  if (bytes.length > tailStart) hash ^= mixBlock(tail);
  return mixFinal(hash ^ bytes.length);
}

function mixBlock(block: number): number {
  return Math.imul(rotateLeft(Math.imul(block, C1), 15), C2);
}

function mixFinal(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
