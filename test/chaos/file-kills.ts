import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectorsTableOf, landingBucketOf, type StackOutputs } from '#cli/stack-outputs.ts';
import type { FileSource } from '#core/config/project.ts';
import type { FileRunKey } from '#ports/file-run-store.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { type FileAccess, openFiles } from '#runtime/file-access.ts';
import { loadProject } from '#runtime/load-project.ts';
import type { SluiceProcesses } from '#test/e2e/run-sluice.ts';
import { functionPids, killOne, type RunningCloud, startCloud } from './kill-rounds.ts';

/** Several chunks, so that a kill hits between two commits as often as before the first. */
const ROWS = 120_000;
/** From the upload on; a file of this size takes some seconds. */
const LONGEST_DELAY_MS = 4_000;
/** From the kill to the last row, at most. */
const RECOVERY_LIMIT_MS = 60_000;
const ENTRY = 'killed';

export interface FileKill {
  readonly target: 'function' | 'tree';
  readonly delayMs: number;
  /** Rows that were in when it hit; null when the file was finished before. */
  readonly rowsBefore: number | null;
  /** From the kill to the last row. */
  readonly recoveryMs: number;
  readonly problems: readonly string[];
}

/** Gives domain `market` of a project copy an entry for the files of this test. */
export function addKilledEntry(project: string): void {
  const file = path.join(project, 'domains', 'market.yaml');
  const entry = `  ${ENTRY}:
    format: csv
    stream: trade
    select:
      source_system: "'kill'"
      trade_id: id
      symbol: "'kill'"
      timestamp: at
      price: "'1.5'"
      size: "'1'"
`;
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/^files:.*\n/m, `$&${entry}`));
}

/**
 * SIGKILL to the functions, or to the whole local cloud, while a file is read: it must go on without help within a minute, and
 * every row must be in once.
 */
export async function killFileRead(
  sluice: SluiceProcesses,
  options: {
    readonly project: string;
    readonly round: number;
    readonly target: FileKill['target'];
    /** Of the longest delay. */
    readonly share: number;
  },
): Promise<FileKill> {
  const { project, round, target } = options;
  const file = path.join(sluice.stateDir, `killed-${round}.csv`);
  writeFileSync(file, csvOf(round));
  let cloud = await startCloud(sluice);
  try {
    const key = await withFiles(cloud, async (access) => {
      const to = { domain: 'market', entry: entryOf(project), onBytes: () => {} };
      return (await access.upload(file, to)).key;
    });
    const delayMs = Math.floor(options.share * LONGEST_DELAY_MS);
    await sleep(delayMs);
    const before = await withFiles(cloud, (access) => access.run(key));
    const rowsBefore = before?.status === 'finished' ? null : (before?.next?.rowNumber ?? 1) - 1;
    const struckMs = Date.now();
    cloud = await strike(sluice, cloud, target);
    const isRead = await untilFinished(cloud, key, struckMs + RECOVERY_LIMIT_MS);
    const recoveryMs = Date.now() - struckMs;
    const problems = isRead
      ? await countRows(sluice, round)
      : [`killed-${round}.csv is not read after ${RECOVERY_LIMIT_MS} ms`];
    return { target, delayMs, rowsBefore, recoveryMs, problems };
  } finally {
    await cloud.stop();
  }
}

async function strike(
  sluice: SluiceProcesses,
  cloud: RunningCloud,
  target: FileKill['target'],
): Promise<RunningCloud> {
  if (target === 'function') {
    for (const pid of await functionPids(cloud)) killOne(pid);
    return cloud;
  }
  sluice.killTree(cloud.child);
  await cloud.stop();
  return await startCloud(sluice);
}

async function withFiles<T>(
  { endpoint }: RunningCloud,
  use: (access: FileAccess) => Promise<T>,
): Promise<T> {
  const response = await fetch(`${endpoint}/_sluice/health`);
  const { outputs } = (await response.json()) as { readonly outputs: StackOutputs };
  const access = openFiles(localTarget(endpoint), {
    landingBucket: landingBucketOf(outputs),
    connectorsTable: connectorsTableOf(outputs),
  });
  try {
    return await use(access);
  } finally {
    access.close();
  }
}

function entryOf(project: string): FileSource {
  const { domains } = loadProject({ root: project, environment: 'local' }).project;
  const entry = domains.flatMap(({ files }) => files).find(({ name }) => name === ENTRY);
  if (entry === undefined) throw new Error(`expected the entry ${ENTRY} in ${project}, got none`);
  return entry;
}

/** Each row has an id of its own; all of one hour, so that they share a partition. */
function csvOf(round: number): string {
  const lines = ['id,at'];
  for (let row = 0; row < ROWS; row++) {
    const minute = String(row % 60).padStart(2, '0');
    lines.push(`kill-${round}-${row},2026-11-20T11:${minute}:00Z`);
  }
  return `${lines.join('\n')}\n`;
}

async function untilFinished(
  cloud: RunningCloud,
  key: FileRunKey,
  limitMs: number,
): Promise<boolean> {
  return await withFiles(cloud, async (access) => {
    for (; Date.now() < limitMs; await sleep(100)) {
      if ((await access.run(key))?.status === 'finished') return true;
    }
    return false;
  });
}

async function countRows(sluice: SluiceProcesses, round: number): Promise<readonly string[]> {
  const { rows } = await sluice.json(
    'sql',
    `SELECT count(*) AS n, count(DISTINCT trade_id) AS ids FROM local_market_bronze.trade WHERE trade_id LIKE 'kill-${round}-%'`,
  );
  const [counted] = rows as readonly { readonly n: number; readonly ids: number }[];
  return Number(counted?.n) === ROWS && Number(counted?.ids) === ROWS
    ? []
    : [`killed-${round}.csv: ${counted?.n} rows with ${counted?.ids} ids, expected ${ROWS}`];
}
