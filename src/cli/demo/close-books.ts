import { isDeepStrictEqual } from 'node:util';
import { countReceived, NOTHING_RECEIVED, type ReceivedCount } from '#app/count-received.ts';
import { schemasById } from '#core/schema/registry.ts';
import { waitUntilDrained } from '../local-cloud.ts';
import { deadLetterUriOf } from '../stack-outputs.ts';
import { type Account, balance, type ReceivedCounts } from './account.ts';
import type { DemoSession } from './demo-session.ts';
import { type DemoRun, readDemoState, writeDemoState } from './demo-state.ts';

/** Closings that other producers may disturb before the books are taken as they are. */
const MAX_CLOSINGS = 5;

/**
 * Balances the books at a standstill: everything counted on the shards is taken in, and nothing arrived
 * meanwhile; otherwise (another process produces) they are closed again. Null after Ctrl-C or SIGTERM:
 * books that are closed too early do not balance.
 */
export async function closeBooks(session: DemoSession, run: DemoRun): Promise<Account | null> {
  const { signal } = session.context;
  for (let closing = 1; ; closing++) {
    const received = await countReceivedNow(session);
    await waitUntilDrained(session.cloud, { signal, onPoll: async () => {} });
    if (signal.aborted) return null;
    const account = await balance(
      { lake: session.lake, receipts: session.producer.receipts },
      session.loaded.project,
      { received, deadLetterUri: deadLetterUriOf(session.cloud.outputs) },
    );
    const isStill = isDeepStrictEqual(await countReceivedNow(session), received);
    if (!isStill && closing < MAX_CLOSINGS) continue;
    writeDemoState(session.demoFile, { run: { ...run, finished: true }, received });
    return account;
  }
}

async function countReceivedNow(session: DemoSession): Promise<ReceivedCounts> {
  const counts: Record<string, ReceivedCount> = {};
  for (const { name } of session.loaded.project.domains) {
    counts[name] = await countDomain(session, name);
  }
  return counts;
}

/** Counts a domain's events on its shards, from where the last closing ended. */
export function countDomain(session: DemoSession, domain: string): Promise<ReceivedCount> {
  const { loaded, producer, demoFile } = session;
  const before = readDemoState(demoFile)?.received[domain] ?? NOTHING_RECEIVED;
  const schemas = schemasById(loaded.registry);
  return countReceived(producer.stream, before, {
    streamName: `${loaded.project.environment.name}-${domain}`,
    streamOfSchema: (id) => {
      const schema = schemas.get(id);
      return schema?.domain === domain ? schema.stream : null;
    },
  });
}
