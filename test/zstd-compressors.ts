import zlib from 'node:zlib';

/** Decompressors for hyparquet, which brings only Snappy. */
export const compressors = {
  ZSTD: (input: Uint8Array): Uint8Array => new Uint8Array(zlib.zstdDecompressSync(input)),
};
