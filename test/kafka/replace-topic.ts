import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import type { SluiceProcesses } from '#test/e2e/run-sluice.ts';

const TOPIC = 'local.market';
const EVENTS = 500;

/**
 * Deletes a topic and lets the next start create it again: its offsets start at 0, where the tables think they have been.
 * The writer must refuse to take the new events for old ones, and with another generation take every one of them.
 */
export async function replaceTopic(
  sluice: SluiceProcesses,
  options: {
    readonly project: string;
    readonly bootstrap: string;
    readonly say: (line: string) => void;
  },
): Promise<readonly string[]> {
  const { project, bootstrap, say } = options;
  const problems: string[] = [];
  const before = await countRows(sluice);
  await deleteTopic(bootstrap);
  const refused = sluice.start(
    'produce',
    '--stream',
    'market.trade',
    '--events',
    String(EVENTS),
    '--seed',
    'again',
  );
  const refusal = await untilLogged(sluice, 'was deleted and created again', 60_000);
  if (!refusal) problems.push('events of a topic that was created again were not refused');
  sluice.killTree(refused.child);
  await refused.finished;
  const during = await countRows(sluice);
  if (during !== before) problems.push(`${during - before} rows were written under old positions`);
  raiseGeneration(project);
  const taken = await sluice.run(
    'produce',
    '--stream',
    'market.trade',
    '--events',
    '1',
    '--seed',
    'more',
  );
  const after = await countRows(sluice);
  if (after - before !== EVENTS + 1) {
    problems.push(
      `${after - before} of ${EVENTS + 1} events came in after the generation was raised: ${taken.stderr.slice(-300)}`,
    );
  }
  say(
    `topic created again: refused, then ${after - before} of ${EVENTS + 1} events taken in with generation 2`,
  );
  return problems;
}

async function countRows(sluice: SluiceProcesses): Promise<number> {
  const { rows } = await sluice.json('sql', 'SELECT count(*) AS n FROM local_market_bronze.trade');
  return Number((rows as readonly { readonly n: number }[])[0]?.n);
}

async function deleteTopic(bootstrap: string): Promise<void> {
  const admin = new Admin({ clientId: 'sluice-test', bootstrapBrokers: [bootstrap] });
  try {
    await admin.deleteTopics({ topics: [TOPIC] });
    while ((await admin.listTopics()).includes(TOPIC)) await delay(100);
  } finally {
    await admin.close();
  }
}

async function untilLogged(
  sluice: SluiceProcesses,
  text: string,
  limitMs: number,
): Promise<boolean> {
  const file = path.join(sluice.stateDir, 'local', 'logs', 'sluice-local-market-lake-writer.log');
  for (const untilMs = Date.now() + limitMs; Date.now() < untilMs; await delay(250)) {
    if (readFileSync(file, 'utf8').includes(text)) return true;
  }
  return false;
}

function raiseGeneration(project: string): void {
  const file = path.join(project, 'config', 'environments', 'local.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/^kafka:.*$/m, '$&\n  generation: 2'));
}
