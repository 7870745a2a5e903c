import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type RunningCrc, startCrc32c, startCrc64Nvme } from './crc.ts';
import { invalidRequest, S3Error } from './s3-error.ts';

/** Checksum algorithms a client may ask for. Source: Amazon S3 user guide, Checking object integrity. */
export const CHECKSUM_ALGORITHMS = [
  'CRC32',
  'CRC32C',
  'CRC64NVME',
  'SHA1',
  'SHA256',
  'SHA512',
  'MD5',
] as const;

export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** FULL_OBJECT covers the bytes; COMPOSITE covers the checksums of the parts and ends in `-<parts>`. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** The checksum an object carries; `value` as in the `x-amz-checksum-…` header. */
export interface ObjectChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  readonly value: string;
}

/** A checksum the client announced; `expected` is null while it is still to come in a trailer. */
export interface AnnouncedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly expected: string | null;
}

const HEADER_PREFIX = 'x-amz-checksum-';
/** Headers with that prefix that are not a digest. */
const NOT_A_DIGEST = new Set([
  'x-amz-checksum-mode',
  'x-amz-checksum-type',
  'x-amz-checksum-algorithm',
]);

export function startChecksum(algorithm: ChecksumAlgorithm): RunningCrc {
  switch (algorithm) {
    case 'CRC32':
      return startCrc32();
    case 'CRC32C':
      return startCrc32c();
    case 'CRC64NVME':
      return startCrc64Nvme();
    case 'SHA1':
    case 'SHA256':
    case 'SHA512':
    case 'MD5': {
      const hash = createHash(algorithm.toLowerCase());
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
    }
  }
}

export function checksumHeaderOf(algorithm: ChecksumAlgorithm): string {
  return `${HEADER_PREFIX}${algorithm.toLowerCase()}`;
}

/** Parses an algorithm name in any case. Throws InvalidRequest for one that is not known. */
export function parseChecksumAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name.toUpperCase());
  if (algorithm !== undefined) return algorithm;
  throw invalidRequest(
    `checksum algorithm ${name} is not emulated, expected one of ${CHECKSUM_ALGORITHMS.join(', ')}`,
  );
}

/**
 * The checksum a request announces in a header or in `x-amz-trailer`, or null when it brings none.
 * Throws InvalidRequest for more than one, and for algorithms that cannot be verified.
 */
export function announcedChecksum(
  headers: Readonly<Record<string, string | undefined>>,
): AnnouncedChecksum | null {
  const announced: AnnouncedChecksum[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(HEADER_PREFIX) || NOT_A_DIGEST.has(name) || value === undefined) continue;
    const algorithm = parseChecksumAlgorithm(name.slice(HEADER_PREFIX.length));
    announced.push({ algorithm, expected: value });
  }
  for (const name of (headers['x-amz-trailer'] ?? '').split(',')) {
    const trailer = name.trim().toLowerCase();
    if (!trailer.startsWith(HEADER_PREFIX)) continue;
    const algorithm = parseChecksumAlgorithm(trailer.slice(HEADER_PREFIX.length));
    announced.push({ algorithm, expected: null });
  }
  if (announced.length > 1) {
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  return announced[0] ?? null;
}

export function checksumMismatch(algorithm: ChecksumAlgorithm): S3Error {
  return new S3Error(400, 'BadDigest', {
    message: `The ${algorithm} you specified did not match the calculated checksum.`,
  });
}

function startCrc32(): RunningCrc {
  let value = 0;
  return {
    update(bytes) {
      value = crc32(bytes, value);
    },
    digest() {
      const digest = Buffer.alloc(4);
      digest.writeUInt32BE(value);
      return digest;
    },
  };
}
