import { SluiceError } from '#core/errors.ts';
import { gunzipChunks, skipBytes } from '#core/file/gunzip.ts';
import type { StreamingObjectStore } from '#ports/object-store.ts';
import { type FileObject, versionOption } from './identify-file.ts';

/** Inflated; a file that inflates to more takes longer to read once than an invocation may run. */
export const MAX_INFLATED_BYTES = 64 * 1024 ** 3;

/** Bytes of a file from an offset on; of one whose name ends with .gz the inflated ones, which have to be read from the start. */
export function openFile(
  store: StreamingObjectStore,
  { uri, versionId, sizeBytes }: Pick<FileObject, 'uri' | 'versionId' | 'sizeBytes'>,
  offset: number,
): AsyncIterable<Uint8Array> {
  const version = versionOption(versionId);
  if (!isCompressed({ uri, sizeBytes })) return store.read(uri, { offset, ...version });
  return skipBytes(gunzipChunks(store.read(uri, version)), offset);
}

/** Inflates a compressed file to its end, so that one that is broken in its middle is refused before a row of it is in. */
export async function checkCompression(
  store: StreamingObjectStore,
  file: Pick<FileObject, 'uri' | 'versionId' | 'sizeBytes'>,
): Promise<void> {
  if (!isCompressed(file)) return;
  let inflatedBytes = 0;
  for await (const chunk of openFile(store, file, 0)) {
    inflatedBytes += chunk.length;
    if (inflatedBytes <= MAX_INFLATED_BYTES) continue;
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `the file inflates to more than ${MAX_INFLATED_BYTES} bytes; split it`,
    );
  }
}

/** An empty object is no gzip file, and no harm. */
function isCompressed({ uri, sizeBytes }: Pick<FileObject, 'uri' | 'sizeBytes'>): boolean {
  return uri.endsWith('.gz') && sizeBytes > 0;
}
