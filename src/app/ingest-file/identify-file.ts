import { createHash } from 'node:crypto';
import type { StreamingObjectStore } from '#ports/object-store.ts';

/** Larger files take longer to read once than an invocation may run, at 40 MB/s. */
export const MAX_HASHED_BYTES = 32 * 1024 ** 3;

/** An upload. */
export interface FileObject {
  readonly uri: string;
  readonly versionId: string | null;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/**
 * What tells the content of a file: the SHA-256 of its bytes. S3's own tag would not do: of an upload in parts it depends on the
 * size of the parts, and of an encrypted one on the key. Only a file beyond MAX_HASHED_BYTES is told by its version.
 */
export async function checksumOf(
  store: StreamingObjectStore,
  { uri, versionId, sizeBytes }: FileObject,
): Promise<string> {
  const hash = createHash('sha256');
  if (sizeBytes > MAX_HASHED_BYTES) {
    return `v-${hash.update(`${versionId ?? ''} ${sizeBytes}`).digest('hex')}`;
  }
  for await (const chunk of store.read(uri, versionOption(versionId))) hash.update(chunk);
  return hash.digest('hex');
}

export function versionOption(versionId: string | null): { readonly versionId?: string } {
  return versionId === null ? {} : { versionId };
}
