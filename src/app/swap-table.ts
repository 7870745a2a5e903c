import { SluiceError } from '#core/errors.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { TableCatalog, TableIdent, TablePointer } from '#ports/table-catalog.ts';

/** Presentations of one swap whose outcome stays unknown, and reads of the pointer after each. */
const MAX_PRESENTATIONS = 5;
const MAX_POINTER_READS = 5;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 3_000;

/** Errors of a swap that do not tell whether it happened; so does every error that is not ours. */
const UNDECIDED: ReadonlySet<string> = new Set(['COMMIT_STATE_UNKNOWN', 'SOURCE_UNAVAILABLE']);

export interface Swap {
  readonly base: TablePointer;
  readonly next: { readonly metadataLocation: string; readonly metadata: TableMetadata };
}

/**
 * Presents a swap until its outcome is known. `lost` means that this presentation changed nothing
 * *or* that the table has moved on since: the caller reloads and looks for its own snapshot.
 *
 * Unknown outcome: the pointer is read again.
 * - It names our metadata file: committed.
 * - It has moved: a swap with the old token can never succeed any more, since tokens are never used
 *   twice; what the table is now, it is for good.
 * - It is still the base: our request may be in flight. The same swap is presented again, same token
 *   and same metadata file. Of all requests that carry one token at most one succeeds, and each of
 *   them would make the same file current: whichever arrives first, the result is ours, once.
 *
 * Throws COMMIT_STATE_UNKNOWN when the pointer cannot be read or the base stays current.
 */
export async function swapTable(
  deps: { readonly catalog: TableCatalog; readonly clock: Clock; readonly random: Random },
  ident: TableIdent,
  swap: Swap,
): Promise<'committed' | 'lost'> {
  let cause: unknown = null;
  for (let presentation = 1; presentation <= MAX_PRESENTATIONS; presentation++) {
    try {
      await deps.catalog.swap(ident, swap.base, swap.next);
      return 'committed';
    } catch (error) {
      if (error instanceof SluiceError && error.code === 'COMMIT_CONFLICT') return 'lost';
      if (error instanceof SluiceError && !UNDECIDED.has(error.code)) throw error;
      cause = error;
    }
    const pointer = await readPointer(deps, ident, { swap, cause });
    if (pointer.metadataLocation === swap.next.metadataLocation) return 'committed';
    if (!samePointer(pointer, swap.base)) return 'lost';
    await backOff(deps, presentation);
  }
  throw stateUnknown(swap, cause);
}

/** Waits a random part of a time that doubles with every attempt, so that rivals spread out. */
export async function backOff(
  deps: { readonly clock: Clock; readonly random: Random },
  attempt: number,
): Promise<void> {
  const ceilingMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
  await deps.clock.sleep(Math.ceil(deps.random.next() * ceilingMs));
}

async function readPointer(
  deps: { readonly catalog: TableCatalog; readonly clock: Clock; readonly random: Random },
  ident: TableIdent,
  failed: { readonly swap: Swap; readonly cause: unknown },
): Promise<TablePointer> {
  for (let attempt = 1; attempt <= MAX_POINTER_READS; attempt++) {
    try {
      return await deps.catalog.load(ident);
    } catch {
      // Nothing is lost: the swap's own error is what the caller gets when reading keeps failing.
      await backOff(deps, attempt);
    }
  }
  throw stateUnknown(failed.swap, failed.cause);
}

function samePointer(a: TablePointer, b: TablePointer): boolean {
  return a.token === b.token && a.metadataLocation === b.metadataLocation;
}

function stateUnknown(swap: Swap, cause: unknown): SluiceError {
  return new SluiceError(
    'COMMIT_STATE_UNKNOWN',
    `the commit of ${swap.next.metadataLocation} may or may not have happened; load the table and look for it before trying again`,
    { context: { metadataLocation: swap.next.metadataLocation }, cause },
  );
}
