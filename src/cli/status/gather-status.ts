import { describeTables } from '#app/describe-tables.ts';
import { readBooks } from '#app/ledger/read-books.ts';
import { measureShardLag } from '#app/measure-shard-lag.ts';
import { measureStaged, type StagedBacklog } from '#app/measure-staged.ts';
import { kafkaTopics } from '#core/config/kafka-topics.ts';
import { opsDatabaseName } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';
import { LEDGER_TABLE } from '#core/ledger/ledger-table.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openFunctions } from '#runtime/function-access.ts';
import { openLake } from '#runtime/lake-access.ts';
import { loadProject } from '#runtime/load-project.ts';
import { openStagingLog } from '#runtime/staging-access.ts';
import { openStreams } from '#runtime/stream-access.ts';
import type { CloudHealth } from '../local-cloud.ts';
import { databasesOf, stagingTableOf, workGroupOf } from '../stack-outputs.ts';
import {
  type FunctionStatus,
  type LedgerStatus,
  type MeasuredHealth,
  measuredHealth,
  type StatusReport,
} from './status-report.ts';

const HEALTH_TIMEOUT_MS = 10_000;

/** What a running local cloud says about itself, and what its streams and tables say. */
export async function gatherStatus(root: string, health: CloudHealth): Promise<StatusReport> {
  const measured = await fetchMeasured(health.endpoint);
  const problems: string[] = [];
  const orElse = async <T>(what: string, read: () => Promise<T>, fallback: T): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      problems.push(`${what} cannot be read: ${reason}`);
      return fallback;
    }
  };
  const [names, shards, staged, tables, ledgers] = await Promise.all([
    orElse('functions', () => readFunctions(health.endpoint), []),
    orElse('streams', () => readShards(root, health), []),
    orElse('staging log', () => readStaged(root, health), []),
    orElse('tables', () => readTables(health), []),
    orElse('ledger', () => readLedgers(root, health), []),
  ]);
  const { endpoint, pid, pending, stacks, delegates } = health;
  return {
    cloud: { endpoint, pid, pending, stacks, delegates },
    alarms: measured.alarms,
    functions: functionStatus(names, measured),
    shards,
    staged,
    tables,
    ledgers,
    problems,
  };
}

/** Throws SOURCE_UNAVAILABLE. */
async function fetchMeasured(endpoint: string): Promise<MeasuredHealth> {
  try {
    const response = await fetch(`${endpoint}/_sluice/health`, {
      signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
    });
    return measuredHealth.parse(await response.json());
  } catch (cause) {
    throw new SluiceError(
      'SOURCE_UNAVAILABLE',
      `the local cloud at ${endpoint} does not answer its health check; start it again`,
      { cause },
    );
  }
}

async function readFunctions(endpoint: string): Promise<readonly string[]> {
  const functions = openFunctions(localTarget(endpoint));
  try {
    return await functions.listFunctions();
  } finally {
    functions.close();
  }
}

async function readShards(root: string, { endpoint, checkpoints }: CloudHealth) {
  const { project } = loadProject({ root, environment: 'local' });
  const streams = openStreams(localTarget(endpoint), kafkaTopics(project));
  try {
    return await measureShardLag(streams, checkpoints);
  } finally {
    streams.close();
  }
}

async function readStaged(
  root: string,
  { endpoint, outputs }: CloudHealth,
): Promise<readonly StagedBacklog[]> {
  const { project } = loadProject({ root, environment: 'local' });
  const staging = openStagingLog(localTarget(endpoint), { stagingTable: stagingTableOf(outputs) });
  try {
    return await Promise.all(project.domains.map(({ name }) => measureStaged(staging.log, name)));
  } finally {
    staging.close();
  }
}

async function readTables({ endpoint, outputs }: CloudHealth) {
  const lake = openLake(localTarget(endpoint), { workGroup: workGroupOf(outputs) });
  try {
    return await describeTables(lake, databasesOf(outputs));
  } finally {
    lake.close();
  }
}

async function readLedgers(
  root: string,
  { endpoint, outputs }: CloudHealth,
): Promise<readonly LedgerStatus[]> {
  const { project } = loadProject({ root, environment: 'local' });
  const { environment } = project;
  const lake = openLake(localTarget(endpoint), { workGroup: workGroupOf(outputs) });
  const ledgers: LedgerStatus[] = [];
  try {
    for (const { name: domain } of project.domains) {
      const { rolledUpMs, unbalanced } = await readBooks(lake, {
        domain,
        ledgerTable: { database: opsDatabaseName(environment.name), table: LEDGER_TABLE },
        graceMs: environment.ledger.graceSeconds * 1000,
        nowMs: Date.now(),
        sinceMs: null,
      });
      ledgers.push({ domain, lastRunMs: rolledUpMs, unbalancedRows: unbalanced });
    }
    return ledgers;
  } finally {
    lake.close();
  }
}

function functionStatus(
  names: readonly string[],
  { functions }: MeasuredHealth,
): readonly FunctionStatus[] {
  const all = new Set([...names, ...functions.map(({ name }) => name)]);
  return [...all].sort().map((name) => {
    const measured = functions.find((each) => each.name === name);
    return {
      name,
      invocations: measured?.invocations ?? 0,
      errors: measured?.errors ?? 0,
      lastInvocationMs: measured?.lastInvocationMs ?? null,
      lastDurationMs: measured?.lastDurationMs ?? null,
    };
  });
}
