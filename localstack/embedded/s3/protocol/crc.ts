/** A checksum that takes bytes piece by piece; the digest is big-endian, as S3 writes it in base64. */
export interface RunningCrc {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

/** Reflected polynomial of CRC-32C (Castagnoli). Source: RFC 3720 §12.1. */
const CRC32C_POLYNOMIAL = 0x82f63b78;
/** Reflected polynomial of CRC-64/NVME. Source: NVM Express Command Set 1.0 §5.2.1.3.4. */
const CRC64_NVME_POLYNOMIAL = 0x9a6c_9329_ac4b_c9b5n;
const ALL_ONES = 0xffffffff;

let crc32cTable: Uint32Array | undefined;
let crc64Table: { readonly low: Uint32Array; readonly high: Uint32Array } | undefined;

export function startCrc32c(): RunningCrc {
  crc32cTable ??= buildCrc32cTable();
  const table = crc32cTable;
  let crc = ALL_ONES;
  return {
    update(bytes) {
      let value = crc;
      for (let index = 0; index < bytes.length; index += 1) {
        value = (value >>> 8) ^ (table[(value ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
      }
      crc = value;
    },
    digest() {
      const digest = Buffer.alloc(4);
      digest.writeUInt32BE((crc ^ ALL_ONES) >>> 0);
      return digest;
    },
  };
}

/** Two 32-bit halves instead of a bigint: a bigint per byte would be a hundred times slower. */
export function startCrc64Nvme(): RunningCrc {
  crc64Table ??= buildCrc64Table();
  const { low: lowTable, high: highTable } = crc64Table;
  let crcLow = ALL_ONES;
  let crcHigh = ALL_ONES;
  return {
    update(bytes) {
      let low = crcLow;
      let high = crcHigh;
      for (let index = 0; index < bytes.length; index += 1) {
        const slot = (low ^ (bytes[index] ?? 0)) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ (lowTable[slot] ?? 0);
        high = (high >>> 8) ^ (highTable[slot] ?? 0);
      }
      crcLow = low;
      crcHigh = high;
    },
    digest() {
      const digest = Buffer.alloc(8);
      digest.writeUInt32BE((crcHigh ^ ALL_ONES) >>> 0, 0);
      digest.writeUInt32BE((crcLow ^ ALL_ONES) >>> 0, 4);
      return digest;
    },
  };
}

function buildCrc32cTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      value = value & 1 ? (value >>> 1) ^ CRC32C_POLYNOMIAL : value >>> 1;
    }
    return value;
  });
}

function buildCrc64Table(): { low: Uint32Array; high: Uint32Array } {
  const low = new Uint32Array(256);
  const high = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) {
      value = value & 1n ? (value >> 1n) ^ CRC64_NVME_POLYNOMIAL : value >> 1n;
    }
    low[byte] = Number(value & 0xffff_ffffn);
    high[byte] = Number(value >> 32n);
  }
  return { low, high };
}
