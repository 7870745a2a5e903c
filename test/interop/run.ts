/**
 * Judges the tables by readers that are not ours. What they need is installed outside the repository.
 * `npm run test:interop` uses the local cloud's kept state; without rows in it, it runs a small demo first.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLocalCloud } from '#cli/local-cloud.ts';
import { createOutput } from '#cli/output.ts';
import { workGroupOf } from '#cli/stack-outputs.ts';
import { checkTable } from '#core/iceberg/check/check-table.ts';
import { decodeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { type LakeAccess, openLake } from '#runtime/lake-access.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HERE = path.dirname(fileURLToPath(import.meta.url));
const TABLE = { database: 'local_market_bronze', table: 'trade' };
const output = createOutput(
  { stdout: process.stdout, stderr: process.stderr, now: () => performance.now() },
  false,
);

const chdb = installOutside('chdb');
if (chdb === null) process.exit(1);
const cloud = await openLocalCloud({ root: ROOT, output }, { port: 0 });
const lake = openLake(localTarget(cloud.endpoint), { workGroup: workGroupOf(cloud.outputs) });
const warehouse = mkdtempSync(path.join(os.tmpdir(), 'sluice-interop-'));
try {
  const ours = await countBySql(lake);
  if (ours[0] === '0') throw new Error('the table is empty: run "npm run demo" first');
  const problems = await checkWithValidator(lake);
  const objects = await exportTable(lake, warehouse);
  output.line(`Exported ${objects} objects of ${TABLE.database}.${TABLE.table}.`);
  const theirs = readWithChdb(chdb, warehouse);
  const facts = [
    'rows',
    'distinct events',
    'late',
    'checksum',
    'first id',
    'last id',
    'last sequence',
    'from',
    'to',
  ];
  output.table(
    ['', 'Sluice (Athena API)', 'ClickHouse (chdb)'],
    facts.map((fact, index) => [fact, ours[index] ?? '', theirs[index] ?? '']),
  );
  for (const problem of problems) output.problem(problem);
  const equal = ours.join() === theirs.join();
  output.line(
    equal && problems.length === 0 ? 'Both readers find the same rows.' : 'THE READERS DISAGREE.',
  );
  process.exitCode = equal && problems.length === 0 ? 0 : 1;
} finally {
  lake.close();
  await cloud.close();
  rmSync(warehouse, { recursive: true, force: true });
}

/** Installs a package of test/interop/<name> into the user's cache folder; null (and a sentence) when it cannot be had. */
function installOutside(name: string): string | null {
  const folder = path.join(os.homedir(), '.cache', 'sluice-interop', name);
  mkdirSync(folder, { recursive: true });
  cpSync(path.join(HERE, name), folder, { recursive: true });
  output.line(`Installing ${name} into ${folder} …`);
  const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status === 0) return folder;
  output.problem(
    `${name} cannot be installed here (npm install ended with status ${npm.status}); the tables were not judged by it.`,
  );
  return null;
}

/** Counts, a checksum that does not depend on the order of rows, and extremes of text and time columns. */
async function countBySql({ queries }: LakeAccess): Promise<readonly string[]> {
  const { rows } = await queries.query(
    `SELECT count(*), count(DISTINCT _event_id), count_if(_late),
            sum((cast(floor(price * 1000000) AS bigint) % 1000003) * (length(_event_id) + _sub_sequence % 97)),
            min(_event_id), max(_event_id), max(_sequence), min("timestamp"), max("timestamp")
     FROM ${TABLE.database}.${TABLE.table}`,
  );
  return (rows[0] ?? []).map(String);
}

/** The strict validator knows what lenient readers overlook: field ids, key-value metadata, counts. */
async function checkWithValidator({ catalog, store }: LakeAccess): Promise<readonly string[]> {
  const { metadataLocation } = await catalog.load(TABLE);
  const metadata = decodeTableMetadata(await store.get(metadataLocation));
  const problems = await checkTable(
    { read: (uri) => store.get(uri), head: (uri) => store.head(uri) },
    metadata,
  );
  return problems.map((problem) => JSON.stringify(problem));
}

/** Copies the table's objects to a folder; ClickHouse maps the s3:// paths inside to it by the table's location. */
async function exportTable({ catalog, store }: LakeAccess, folder: string): Promise<number> {
  const { metadataLocation } = await catalog.load(TABLE);
  const { location } = decodeTableMetadata(await store.get(metadataLocation));
  let objects = 0;
  for await (const { uri } of store.list(`${location}/`)) {
    const file = path.join(folder, TABLE.table, uri.slice(location.length + 1));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, await store.get(uri));
    objects++;
  }
  return objects;
}

function readWithChdb(folder: string, warehouse: string): readonly string[] {
  const reader = spawnSync(process.execPath, ['read-table.mjs', warehouse, TABLE.table], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (reader.status !== 0) throw new Error(`chdb failed: ${reader.stderr.slice(-2000)}`);
  return JSON.parse(reader.stdout) as string[];
}
