import { createHash, type Hash } from 'node:crypto';
import type { BlobFiles, WrittenBlob } from '#embedded/s3/store/blob-files.ts';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import {
  type AnnouncedChecksum,
  announcedChecksum,
  type ChecksumAlgorithm,
  checksumHeaderOf,
  checksumMismatch,
  startChecksum,
} from './checksums.ts';
import type { RunningCrc } from './crc.ts';
import { invalidRequest, S3Error } from './s3-error.ts';
import type { S3Request } from './s3-request.ts';

/** Largest object of one PUT, and largest part. Source: Amazon S3 user guide, Multipart upload limits. */
export const MAX_PUT_BYTES = 5 * 1024 ** 3;
const HEX_SHA256 = /^[0-9a-f]{64}$/i;

export interface VerifiedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64. */
  readonly value: string;
}

/** A body that arrived whole and matched every digest the client sent with it. */
export interface ReceivedBody extends WrittenBlob {
  readonly checksum: VerifiedChecksum | null;
}

/**
 * Streams a request body into a content file, in constant memory, and verifies its length, Content-MD5,
 * `x-amz-content-sha256` and checksum (header or trailer). On any error nothing is left behind.
 */
export async function receiveToBlob(request: S3Request, blobs: BlobFiles): Promise<ReceivedBody> {
  requireLength(request);
  const verifier = startVerifier(request.headers);
  const writer = blobs.startWriter();
  let sizeBytes = 0;
  try {
    for await (const bytes of payloadOf(request, verifier)) {
      sizeBytes += bytes.length;
      if (sizeBytes > MAX_PUT_BYTES) throw entityTooLarge(MAX_PUT_BYTES);
      await writer.write(bytes);
    }
    const written = await writer.finish();
    return { ...written, checksum: verifier.verify(written) };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Reads a small request document whole, with the same verification. Throws EntityTooLarge. */
export async function receiveText(request: S3Request, limitBytes: number): Promise<string> {
  const verifier = startVerifier(request.headers);
  const md5 = createHash('md5');
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const bytes of payloadOf(request, verifier)) {
    sizeBytes += bytes.length;
    if (sizeBytes > limitBytes) throw entityTooLarge(limitBytes);
    md5.update(bytes);
    pieces.push(bytes);
  }
  verifier.verify({ sizeBytes, md5: md5.digest() });
  return Buffer.concat(pieces).toString('utf8');
}

interface BodyVerifier {
  readonly isAwsChunked: boolean;
  update(bytes: Buffer): void;
  setTrailers(trailers: ReadonlyMap<string, string>): void;
  verify(received: { readonly sizeBytes: number; readonly md5: Buffer }): VerifiedChecksum | null;
}

async function* payloadOf(request: S3Request, verifier: BodyVerifier): AsyncGenerator<Buffer> {
  const decoder = verifier.isAwsChunked ? new AwsChunkedDecoder() : null;
  // Leaving the loop early must not destroy the connection: the client is to read why.
  for await (const chunk of request.body.iterator({ destroyOnReturn: false })) {
    const pieces = decoder === null ? [chunk as Buffer] : decoder.push(chunk as Buffer);
    for (const bytes of pieces) {
      verifier.update(bytes);
      yield bytes;
    }
  }
  decoder?.end();
  if (decoder !== null) verifier.setTrailers(decoder.trailers);
}

function startVerifier(headers: S3Request['headers']): BodyVerifier {
  const contentSha256 = headers['x-amz-content-sha256'] ?? '';
  const announced = announcedChecksum(headers);
  const running = announced === null ? null : startChecksum(announced.algorithm);
  const sha256: Hash | null = HEX_SHA256.test(contentSha256) ? createHash('sha256') : null;
  let trailers: ReadonlyMap<string, string> = new Map();
  return {
    isAwsChunked:
      contentSha256.startsWith('STREAMING-') ||
      /(^|,)\s*aws-chunked\s*(,|$)/i.test(headers['content-encoding'] ?? ''),
    update(bytes) {
      running?.update(bytes);
      sha256?.update(bytes);
    },
    setTrailers(received) {
      trailers = received;
    },
    verify(received) {
      verifyLength(headers, received.sizeBytes);
      verifyMd5(headers['content-md5'], received.md5);
      if (sha256 !== null) verifySha256(contentSha256, sha256);
      return announced === null || running === null
        ? null
        : verifyChecksum(announced, running, { trailers });
    },
  };
}

function requireLength({ body, headers }: S3Request): void {
  const hasFraming =
    headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  // HTTP/2 frames carry their own end, so only HTTP/1 needs one of the two.
  if (hasFraming || body.httpVersionMajor >= 2) return;
  throw new S3Error(411, 'MissingContentLength', {
    message: 'You must provide the Content-Length HTTP header.',
  });
}

function verifyLength(headers: S3Request['headers'], sizeBytes: number): void {
  const declared = headers['x-amz-decoded-content-length'];
  if (declared === undefined || Number(declared) === sizeBytes) return;
  throw new S3Error(400, 'IncompleteBody', {
    message: 'You did not provide the number of bytes specified by the Content-Length HTTP header',
    details: { Expected: declared, Received: String(sizeBytes) },
  });
}

function verifyMd5(expectedBase64: string | undefined, md5: Buffer): void {
  if (expectedBase64 === undefined) return;
  const expected = Buffer.from(expectedBase64, 'base64');
  if (expected.length !== md5.length) {
    throw new S3Error(400, 'InvalidDigest', {
      message: 'The Content-MD5 you specified is not valid.',
    });
  }
  if (expected.equals(md5)) return;
  throw new S3Error(400, 'BadDigest', {
    message: 'The Content-MD5 you specified did not match what we received.',
  });
}

function verifySha256(expectedHex: string, sha256: Hash): void {
  if (sha256.digest('hex') === expectedHex.toLowerCase()) return;
  throw new S3Error(400, 'XAmzContentSHA256Mismatch', {
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  });
}

function verifyChecksum(
  announced: AnnouncedChecksum,
  running: RunningCrc,
  options: { readonly trailers: ReadonlyMap<string, string> },
): VerifiedChecksum {
  const { algorithm } = announced;
  const header = checksumHeaderOf(algorithm);
  const expected = announced.expected ?? options.trailers.get(header);
  if (expected === undefined) {
    throw invalidRequest(`x-amz-trailer announces ${header}, but the trailer does not bring it`);
  }
  const digest = running.digest();
  const expectedDigest = Buffer.from(expected, 'base64');
  if (expectedDigest.length !== digest.length) {
    throw invalidRequest(`Value for ${header} header is invalid.`);
  }
  if (!expectedDigest.equals(digest)) throw checksumMismatch(algorithm);
  return { algorithm, value: digest.toString('base64') };
}

function entityTooLarge(limitBytes: number): S3Error {
  return new S3Error(400, 'EntityTooLarge', {
    message: 'Your proposed upload exceeds the maximum allowed size',
    details: { MaxSizeAllowed: String(limitBytes) },
  });
}
