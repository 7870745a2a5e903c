import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { type LocalCloud, startLocalCloud, waitUntilDrained } from '#cli/local-cloud.ts';
import type { Output } from '#cli/output.ts';
import { workGroupOf } from '#cli/stack-outputs.ts';
import { createKinesisClient, createS3Client, localTarget } from '#runtime/aws-clients.ts';
import type { BackendEndpoints } from '#runtime/backend-endpoints.ts';
import { openLake } from '#runtime/lake-access.ts';
import { pythonOf } from '../judges/judge-folder.ts';
import { type RunningTrino, startTrino, TRINO_VERSION } from '../judges/trino-judge.ts';
import type { ChosenBackend } from './choose-backend.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const READER = fileURLToPath(new URL('./read_by_rest.py', import.meta.url));
const EVENTS = 5_000;
/** Sent after the local cloud was started anew on the same programs. */
const MORE_EVENTS = 1_000;
const TABLE = 'local_market_bronze.trade';
/** What every reader has to find; texts, so that nobody rounds. */
const FACTS = `SELECT CAST(count(*) AS varchar), CAST(count(DISTINCT _event_id) AS varchar), CAST(count(DISTINCT _sequence) AS varchar), CAST(sum(fee_cents) AS varchar), min(trade_id), max(trade_id) FROM ${TABLE}`;

export interface ProfileJudges {
  /** Folders; null for what could not be installed. */
  readonly trino: string | null;
  readonly pyIceberg: string | null;
}

/**
 * The demo path on the compose backend's profile, without containers: produce, writer, tables in the object store,
 * counted by the embedded Athena and, through the Iceberg REST catalog, by PyIceberg and Trino; then the same after a
 * restart of the local cloud. Returns what is wrong.
 */
export async function judgeProfile(
  chosen: ChosenBackend,
  judges: ProfileJudges,
  output: Output,
): Promise<readonly string[]> {
  const { endpoints, servedBy } = chosen;
  const work = mkdtempSync(path.join(os.tmpdir(), 'sluice-profile-'));
  const before = process.env['SLUICE_STATE'];
  process.env['SLUICE_STATE'] = work;
  const problems: string[] = [];
  const parts = Object.entries(servedBy).map(([service, name]) => `${service} by ${name}`);
  output.line(`\nThe compose backend's profile without containers: ${parts.join(', ')} …`);
  try {
    problems.push(...(await runOnce(EVENTS, EVENTS, { endpoints, judges, output })));
    problems.push(...(await checkWhereItIs(endpoints, path.join(work, 'local', 'services'))));
    output.line('  Local cloud started anew on the same programs …');
    const all = EVENTS + MORE_EVENTS;
    problems.push(...(await runOnce(MORE_EVENTS, all, { endpoints, judges, output })));
  } catch (error) {
    problems.push(`the profile failed: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    if (before === undefined) delete process.env['SLUICE_STATE'];
    else process.env['SLUICE_STATE'] = before;
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  }
  for (const problem of problems) output.problem(`  ${problem}`);
  return problems;
}

interface ProfileRun {
  readonly endpoints: BackendEndpoints;
  readonly judges: ProfileJudges;
  readonly output: Output;
}

/** Sends events through a local cloud of its own and asks every reader for what is in the table then. */
async function runOnce(
  events: number,
  expected: number,
  { endpoints, judges, output }: ProfileRun,
): Promise<readonly string[]> {
  const cloud = await startLocalCloud({ root: ROOT, output }, { port: 0, delegates: endpoints });
  try {
    const args = ['produce', '--stream', 'market.trade', '--events', String(events), '--json'];
    await promisify(execFile)(process.execPath, ['bin/sluice.ts', ...args], { cwd: ROOT });
    const { signal } = new AbortController();
    await waitUntilDrained(cloud, { signal, onPoll: async () => {} });
    const facts = await askAthena(cloud);
    output.line(`  Athena of the local cloud: ${facts.join(', ')}`);
    const problems = facts[0] === String(expected) ? [] : [`${facts[0]} rows, sent ${expected}`];
    const readers = [
      ['PyIceberg by the REST catalog', () => askPyIceberg(cloud, endpoints, judges)],
      [TRINO_VERSION, () => askTrino(cloud, endpoints, judges)],
    ] as const;
    for (const [name, ask] of readers) {
      const read = await ask();
      output.line(`  ${name}: ${read?.join(', ') ?? 'not found on this machine'}`);
      if (read !== null && read.join() !== facts.join())
        problems.push(`${name} finds other values`);
    }
    return problems;
  } finally {
    await cloud.close();
  }
}

async function askAthena(cloud: LocalCloud): Promise<readonly string[]> {
  const lake = openLake(localTarget(cloud.endpoint), { workGroup: workGroupOf(cloud.outputs) });
  try {
    const { rows } = await lake.queries.query(FACTS);
    return (rows[0] ?? []).map(String);
  } finally {
    lake.close();
  }
}

async function askPyIceberg(
  cloud: LocalCloud,
  endpoints: BackendEndpoints,
  { pyIceberg }: ProfileJudges,
): Promise<readonly string[] | null> {
  if (pyIceberg === null) return null;
  const s3 = objectStoreOf(cloud, endpoints);
  const args = ['-B', READER, cloud.endpoint, s3.url, s3.accessKeyId, s3.secretAccessKey, TABLE];
  const { stdout } = await promisify(execFile)(pythonOf(pyIceberg), args, {
    env: { PATH: process.env['PATH'] ?? '', AWS_EC2_METADATA_DISABLED: 'true' },
  });
  return (JSON.parse(stdout) as unknown[]).map(String);
}

async function askTrino(
  cloud: LocalCloud,
  endpoints: BackendEndpoints,
  { trino }: ProfileJudges,
): Promise<readonly string[] | null> {
  if (trino === null) return null;
  const s3 = objectStoreOf(cloud, endpoints);
  const catalogUri = `${cloud.endpoint}/iceberg`;
  const running: RunningTrino = await startTrino(trino, { catalogUri, s3 });
  try {
    const [row = []] = await running.query(FACTS.replace(TABLE, `sluice.${TABLE}`));
    return row.map(String);
  } finally {
    await running.stop();
  }
}

/** Readers ask the object store itself, not the gateway in front of it. */
function objectStoreOf(cloud: LocalCloud, { s3 }: BackendEndpoints) {
  return s3 ?? { url: cloud.endpoint, accessKeyId: 'local', secretAccessKey: 'local' };
}

/** The programs hold what is delegated, and the local state does not. */
async function checkWhereItIs(
  { s3, kinesis }: BackendEndpoints,
  stateDir: string,
): Promise<readonly string[]> {
  const problems: string[] = [];
  if (s3 !== undefined) {
    const client = createS3Client({ ...localTarget(s3.url), credentials: s3 });
    const Bucket = 'sluice-local-lake-000000000000-us-east-1';
    const { KeyCount = 0 } = await client.send(new ListObjectsV2Command({ Bucket }));
    client.destroy();
    if (KeyCount === 0) problems.push('the object store holds no object of the lake');
    if (existsSync(path.join(stateDir, 's3'))) problems.push('the local state holds objects too');
  }
  if (kinesis !== undefined) {
    const client = createKinesisClient({ ...localTarget(kinesis.url), credentials: kinesis });
    const { StreamNames = [] } = await client.send(new ListStreamsCommand({}));
    client.destroy();
    if (StreamNames.length === 0) problems.push('the program for Kinesis holds no stream');
    if (existsSync(path.join(stateDir, 'kinesis'))) problems.push('the local state holds streams');
  }
  return problems;
}
