import { runLedger } from '../ledger/run-ledger.ts';
import { ledgerFunctionOf } from '../stack-outputs.ts';
import { waitForCommits } from '../wait-until-committed.ts';
import { type Account, checkAccount } from './account.ts';
import type { DemoSession } from './demo-session.ts';
import { type DemoRun, writeDemoState } from './demo-state.ts';

/** Closings that other producers may disturb before the books are taken as they are. */
const MAX_CLOSINGS = 5;

/**
 * Closes the books at a standstill, through the ledger function: everything on the shards is in the tables, and
 * nothing arrived meanwhile; otherwise (another process produces) they are closed again. Null after Ctrl-C
 * or SIGTERM: books that are closed too early do not balance.
 */
export async function closeBooks(session: DemoSession, run: DemoRun): Promise<Account | null> {
  const { signal } = session.context;
  const { project } = session.loaded;
  for (let closing = 1; ; closing++) {
    await waitForCommits(session.cloud, project, { signal, onPoll: async () => {} });
    if (signal.aborted) return null;
    const account = await checkAccount(session.lake.queries, project, await rollUp(session));
    const later = await rollUp(session);
    const isStill = later.every(({ entries }) => entries === 0);
    if (!isStill && closing < MAX_CLOSINGS) continue;
    writeDemoState(session.demoFile, { run: { ...run, finished: true } });
    return account;
  }
}

function rollUp({ loaded, cloud, functions }: DemoSession) {
  const { project } = loaded;
  return Promise.all(
    project.domains.map(({ name }) =>
      runLedger(functions, ledgerFunctionOf(cloud.outputs, project, name), { standstill: true }),
    ),
  );
}
