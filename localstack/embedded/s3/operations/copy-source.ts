import { createReadStream } from 'node:fs';
import { judgeCopySource } from '#embedded/s3/protocol/conditions.ts';
import { invalidArgument } from '#embedded/s3/protocol/s3-error.ts';
import type { S3Request } from '#embedded/s3/protocol/s3-request.ts';
import type { BlobFiles, BlobWriter } from '#embedded/s3/store/blob-files.ts';
import { requireBucket, type S3Store } from '#embedded/s3/store/s3-store.ts';
import { type ReadableObject, requireObject } from './get-object.ts';

const COPY_CHUNK_BYTES = 1024 * 1024;

export interface CopySource {
  readonly bucket: string;
  readonly object: ReadableObject;
}

/** The object `x-amz-copy-source` names, after its conditions were judged. */
export function requireCopySource(store: S3Store, { headers }: S3Request): CopySource {
  const address = copySourceAddress({ headers });
  requireBucket(store, address.bucket);
  const object = requireObject(store, address);
  judgeCopySource(headers, object);
  return { bucket: address.bucket, object };
}

/** What `x-amz-copy-source` names. Throws InvalidArgument. */
export function copySourceAddress({ headers }: Pick<S3Request, 'headers'>): {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | null;
} {
  const header = headers['x-amz-copy-source'] ?? '';
  const [path = '', versionQuery] = header.split('?versionId=');
  const match = /^\/?([^/]+)\/(.+)$/s.exec(decodeSource(path));
  if (match === null) throw invalidArgument('x-amz-copy-source', header);
  const [, bucket = '', key = ''] = match;
  return { bucket, key, versionId: versionQuery ?? null };
}

/** Appends a range of a content file to one being written; `onBytes` sees every piece. */
export async function appendBlob(
  { blobs, blob }: { readonly blobs: BlobFiles; readonly blob: string },
  writer: BlobWriter,
  options: {
    /** Inclusive; the whole file when left out. */
    readonly range?: { readonly start: number; readonly end: number };
    readonly onBytes?: (bytes: Buffer) => void;
  },
): Promise<void> {
  const source = createReadStream(blobs.pathOf(blob), {
    ...options.range,
    highWaterMark: COPY_CHUNK_BYTES,
  });
  for await (const chunk of source) {
    const bytes = chunk as Buffer;
    options.onBytes?.(bytes);
    await writer.write(bytes);
  }
}

function decodeSource(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalidArgument('x-amz-copy-source', path);
  }
}
