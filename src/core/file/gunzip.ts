import { createGunzip } from 'node:zlib';
import { SluiceError } from '../errors.ts';

/** Inflates chunks as they are asked for; one chunk is held at a time. Throws FORMAT_CORRUPT when it is no whole gzip file. */
export async function* gunzipChunks(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const gunzip = createGunzip();
  let sourceError: unknown = null;
  const feed = async (): Promise<void> => {
    try {
      for await (const chunk of chunks) {
        if (gunzip.destroyed) return;
        if (!gunzip.write(chunk)) await untilDrained(gunzip);
      }
      gunzip.end();
    } catch (error) {
      sourceError = error;
      gunzip.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const feeding = feed();
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
  } catch (error) {
    if (sourceError !== null) throw sourceError;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SluiceError('FORMAT_CORRUPT', `no whole gzip file: ${reason}`, { cause: error });
  } finally {
    gunzip.destroy();
    await feeding;
  }
}

function untilDrained(gunzip: ReturnType<typeof createGunzip>): Promise<void> {
  return new Promise((resolve) => {
    gunzip.once('drain', resolve);
    gunzip.once('close', resolve);
  });
}

/** The chunks without their first bytes. */
export async function* skipBytes(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array, void> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left >= chunk.length) {
      left -= chunk.length;
      continue;
    }
    yield left === 0 ? chunk : chunk.subarray(left);
    left = 0;
  }
}
