import { hasCode, SluiceError } from '#core/errors.ts';
import type { FileRunAcquired, FileRunKey, FileRunLease } from '#ports/file-run-store.ts';
import type { IngestFileDeps } from './file-deps.ts';

/**
 * Longer than a run goes on without a sign of life; after a crash a file waits for the rest of it. Nothing depends on it but
 * that two invocations rarely do the same work.
 */
export const LEASE_MS = 10_000;
const RENEW_EVERY_MS = 2_000;

/**
 * Takes the lease on a file. One that is held is waited for, until it would run out: is it renewed by then, its holder lives,
 * else the holder was killed and the file is taken over.
 */
export async function acquireLease(
  deps: Pick<IngestFileDeps, 'runs' | 'clock'>,
  key: FileRunKey,
  owner: string,
): Promise<FileRunAcquired> {
  const { runs, clock } = deps;
  const acquire = () => {
    const nowMs = clock.nowMs();
    return runs.acquire(key, { owner, freeBeforeMs: nowMs, untilMs: nowMs + LEASE_MS });
  };
  const first = await acquire();
  if (first.kind === 'held') return first;
  const restMs = first.owner === '' ? 0 : first.untilMs - clock.nowMs();
  // Nobody takes a lease for longer: its holder's clock, or this one, is wrong, and waiting would not end.
  if (restMs > LEASE_MS) return first;
  await clock.sleep(Math.max(0, restMs) + 1);
  return await acquire();
}

/**
 * The same services, where nothing is committed by who has lost the lease. Every attempt of a commit begins with a load of the
 * table, and a load counts only when the lease could be renewed after it: so it saw the table before anybody else
 * got the file, and a commit on it loses the swap against everything that others have committed since. This needs no
 * clock. Reading and writing objects renew the lease too, so that a long file keeps it.
 */
export function withLease(deps: IngestFileDeps, lease: FileRunLease): IngestFileDeps {
  const { store, catalog, reader, columns, runs, clock } = deps;
  let renewedMs = clock.nowMs();
  const renew = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    try {
      await runs.renew(lease, nowMs + LEASE_MS);
    } catch (error) {
      // A conflict of a commit would be tried again, with the same end.
      throw hasCode(error, 'COMMIT_CONFLICT') ? takenOver(lease, error) : error;
    }
    renewedMs = nowMs;
  };
  const renewWhenDue = async (): Promise<void> => {
    if (clock.nowMs() - renewedMs >= RENEW_EVERY_MS) await renew();
  };
  const renewing = async function* <T>(chunks: AsyncIterable<T>) {
    for await (const chunk of chunks) {
      await renewWhenDue();
      yield chunk;
    }
  };
  const after = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    await renewWhenDue();
    return result;
  };
  return {
    ...deps,
    catalog: {
      ...(catalog.writesMetadata === undefined ? {} : { writesMetadata: catalog.writesMetadata }),
      load: async (ident) => {
        const pointer = await catalog.load(ident);
        await renew();
        return pointer;
      },
      swap: (ident, base, next) => catalog.swap(ident, base, next),
      list: (database) => catalog.list(database),
    },
    reader: { readRows: (uri, columns) => after(reader.readRows(uri, columns)) },
    columns: { readBlocks: (file, fields) => renewing(columns.readBlocks(file, fields)) },
    store: {
      get: (uri) => after(store.get(uri)),
      head: (uri) => store.head(uri),
      list: (prefixUri) => store.list(prefixUri),
      stat: (uri, options) => store.stat(uri, options),
      read: (uri, options) => renewing(store.read(uri, options)),
      put: (uri, body, options) => after(store.put(uri, body, options)),
      write: (uri, chunks, options) => store.write(uri, renewing(chunks), options),
      delete: (uri) => store.delete(uri),
    },
  };
}

function takenOver({ key }: FileRunLease, cause: unknown): SluiceError {
  return new SluiceError(
    'SOURCE_UNAVAILABLE',
    `file ${key.file} is held by another invocation by now, which goes on where this one stopped`,
    { cause },
  );
}
