/*
 * Decimal values in Avro are the two's complement of the unscaled integer, big-endian.
 * Source: Avro 1.12 §Decimal.
 */

/** Decodes two's complement bytes; no bytes are zero. */
export function decodeTwosComplement(bytes: Uint8Array): bigint {
  if (bytes.byteLength === 0) return 0n;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return BigInt.asIntN(bytes.byteLength * 8, BigInt(`0x${hex}`));
}

/** Encodes in the fewest bytes that keep the sign; zero is one byte. */
export function encodeTwosComplement(value: bigint): Uint8Array {
  // A negative value needs as many bits as its complement: -128 fits 8 bits like 127.
  const magnitude = value < 0n ? -value - 1n : value;
  const sizeBytes = Math.floor(magnitude.toString(2).length / 8) + 1;
  return encodeFixedTwosComplement(magnitude === 0n ? 1 : sizeBytes, value);
}

/** Encodes in exactly `sizeBytes` bytes; the caller has checked the range. */
export function encodeFixedTwosComplement(sizeBytes: number, value: bigint): Uint8Array {
  const hex = BigInt.asUintN(sizeBytes * 8, value).toString(16);
  return Buffer.from(hex.padStart(sizeBytes * 2, '0'), 'hex');
}
