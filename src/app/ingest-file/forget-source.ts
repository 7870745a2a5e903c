import { encodeSourceStates, readSourceStates, SOURCES_KEY } from '#core/delivery/source-state.ts';
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
