import { encodeSourceStates, readSourceStates, SOURCES_KEY } from '#core/delivery/source-state.ts';
import { SluiceError } from '#core/errors.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { type CommitDeps, commitTable } from '../commit-table.ts';

/**
 * Takes a finished file's state out of a table, in a commit without rows; nothing when it is not in it. Only after the run is saved
 * as finished, and within a lease: see docs/adr/0019-files.md for why nothing can count a row again then.
 */
export async function forgetSource(
  deps: CommitDeps,
  ident: TableIdent,
  source: string,
): Promise<void> {
  await commitTable(deps, ident, {
    build: async (base) => {
      const states = new Map(readSourceStates(base));
      if (!states.delete(source)) return null;
      const sources = encodeSourceStates(states);
      return {
        addFiles: [],
        summary: { [SOURCES_KEY]: sources },
        properties: { [SOURCES_KEY]: sources },
      };
    },
  });
}

const MAX_ATTEMPTS = 5;

/**
 * Takes a finished file's chain out of the staging log. What a holder that lost its lease may add afterwards is never
 * committed: only who holds the lease commits for a file, and reads first that it is finished.
 */
export async function forgetChain(
  deps: { readonly stagingLog: StagingLog },
  domain: string,
  source: string,
): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const chain = await deps.stagingLog.read(domain, source);
    if (chain === null || (await deps.stagingLog.remove(domain, chain))) return;
  }
  throw new SluiceError(
    'COMMIT_CONFLICT',
    `${source}: its chain of staged batches changed ${MAX_ATTEMPTS} times while it was to be forgotten`,
  );
}
