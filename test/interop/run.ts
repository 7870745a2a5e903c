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
  if (ours.rows === 0) throw new Error('the table is empty: run "npm run demo" first');
  const problems = await checkWithValidator(lake);
  const objects = await exportTable(lake, warehouse);
  output.line(`Exported ${objects} objects of ${TABLE.database}.${TABLE.table}.`);
  const theirs = readWithChdb(chdb, warehouse);
  output.table(
    ['reader', 'rows', 'distinct events', 'late', 'checksum'],
    [
      ['Sluice (Athena API)', ...values(ours)],
      ['ClickHouse (chdb)', ...values(theirs)],
    ],
  );
  for (const problem of problems) output.problem(problem);
  const equal = values(ours).join() === values(theirs).join();
  output.line(
    equal && problems.length === 0 ? 'Both readers find the same rows.' : 'THE READERS DISAGREE.',
  );
  process.exitCode = equal && problems.length === 0 ? 0 : 1;
} finally {
  lake.close();
  await cloud.close();
  rmSync(warehouse, { recursive: true, force: true });
}

interface Found {
  readonly rows: number;
  readonly distinct_events: number;
  readonly late: number;
  readonly checksum: number;
}

function values(found: Found): string[] {
  return [found.rows, found.distinct_events, found.late, found.checksum].map(String);
}

/** Installs a package of test/interop/<name> into the user's cache folder; null (and a sentence) when it cannot be had. */
function installOutside(name: string): string | null {
  const folder = path.join(os.homedir(), '.cache', 'sluice-interop', name);
  mkdirSync(folder, { recursive: true });
  cpSync(path.join(HERE, name), folder, { recursive: true });
  output.line(`Installing ${name} into ${folder} …`);
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status === 0) return folder;
  output.problem(
    `${name} cannot be installed here (npm ci ended with status ${npm.status}); the tables were not judged by it.`,
  );
  return null;
}

async function countBySql({ queries }: LakeAccess): Promise<Found> {
  const line = `concat(_event_id, '|', symbol, '|', cast(cast(round(price * 1000000) AS bigint) AS varchar), '|', _sequence, '|', cast(_sub_sequence AS varchar))`;
  const { rows } = await queries.query(
    `SELECT count(*), count(DISTINCT _event_id), count_if(_late), sum(from_base(substr(lower(to_hex(md5(to_utf8(${line})))), 1, 8), 16))
     FROM ${TABLE.database}.${TABLE.table}`,
  );
  const [count, distinct, late, checksum] = (rows[0] ?? []).map(Number);
  return {
    rows: count ?? 0,
    distinct_events: distinct ?? 0,
    late: late ?? 0,
    checksum: checksum ?? 0,
  };
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

function readWithChdb(folder: string, warehouse: string): Found {
  const reader = spawnSync(process.execPath, ['read-table.mjs', warehouse, TABLE.table], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (reader.status !== 0) throw new Error(`chdb failed: ${reader.stderr.slice(-2000)}`);
  const { rows, distinct_events, late, checksum } = JSON.parse(reader.stdout) as Record<
    keyof Found,
    string | number
  >;
  return {
    rows: Number(rows),
    distinct_events: Number(distinct_events),
    late: Number(late),
    checksum: Number(checksum),
  };
}
