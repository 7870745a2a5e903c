/**
 * Judges the tables by readers that are not ours (`npm run test:interop`): every table of the catalogue after a
 * demo, and one with columns of every type, read by PyIceberg, PyArrow, ClickHouse (chdb) and DuckDB and compared
 * value by value with our Athena. What they need is installed outside the repository. Ends with 1 when any two differ.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GlueClient, paginateGetDatabases } from '@aws-sdk/client-glue';
import { checkStoredTable } from '#app/check-stored-table.ts';
import { loadTable } from '#app/load-table.ts';
import { openLocalCloud } from '#cli/local-cloud.ts';
import { createOutput } from '#cli/output.ts';
import { workGroupOf } from '#cli/stack-outputs.ts';
import { currentSchema, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { type LakeAccess, openLake } from '#runtime/lake-access.ts';
import { type Installed, installNpm, judgesFolder, pythonOf } from './judges/judge-folder.ts';
import { installPyIceberg } from './judges/pyiceberg-judge.ts';
import {
  alteredByClickHouse,
  compareFacts,
  refusedByClickHouse,
  type TimeRange,
} from './readers/compare-facts.ts';
import { makeEveryTypeTable } from './readers/every-type-lake.ts';
import { compareWithDuckDb, exportTable } from './readers/export-table.ts';
import { judgeForeignCommits } from './readers/foreign-commits.ts';
import { type JudgedTable, printVerdicts } from './readers/judged-table.ts';
import { leafColumns } from './readers/leaf-columns.ts';
import { unexplained } from './readers/pyiceberg-deviations.ts';
import { readWithAthena, type TableFacts } from './readers/read-with-athena.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READERS = fileURLToPath(new URL('./readers', import.meta.url));
const SCRIPTS = fileURLToPath(new URL('./pyiceberg', import.meta.url));
const DEMO_EVENTS = 20_000;
const EVERY_TYPE = 'interop.everything';
/** The same table written by PyIceberg: what our Athena and validator make of foreign files. */
const PYICEBERG_COPY = 'interop.by_pyiceberg';
const TIMEOUT_MS = 300_000;
const PYTHON_ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  AWS_EC2_METADATA_DISABLED: 'true',
};
const output = createOutput(
  { stdout: process.stdout, stderr: process.stderr, now: () => performance.now() },
  false,
);

const python = installed('PyIceberg', installPyIceberg);
const chdb = installed('chdb', () =>
  installNpm('chdb', ['chdb@3.4.0'], { files: path.join(READERS, 'chdb') }),
);
const work = mkdtempSync(path.join(os.tmpdir(), 'sluice-interop-'));
process.env['SLUICE_STATE'] = path.join(work, 'state');
try {
  runDemo();
  const cloud = await openLocalCloud({ root: ROOT, output }, { port: 0 });
  const lake = openLake(localTarget(cloud.endpoint), { workGroup: workGroupOf(cloud.outputs) });
  try {
    const tables = await judgedTables(lake, cloud.endpoint, bucketOf(cloud.outputs));
    if (python !== null) await judgeWithPyIceberg(tables, python, cloud.endpoint);
    if (python !== null && chdb !== null) {
      await judgeWithClickHouse(tables, { lake, python, chdb, endpoint: cloud.endpoint });
    }
    for (const table of tables) {
      table.verdicts.set('DuckDB', await compareWithDuckDb(lake.store, table));
      const { problems } = await checkStoredTable(lake, table.ident);
      const texts = problems.map(({ where, message }) => `${where}: ${message}`);
      table.verdicts.set(
        'strict validator',
        table.name === PYICEBERG_COPY ? unexplained(texts) : texts,
      );
    }
    compareCopy(tables);
    const scripts = python === null ? [] : await runScripts(python, cloud.endpoint);
    const lost = python === null ? [] : await commitInTurn(lake, python, cloud);
    const agree = printVerdicts(output, tables) && scripts.length === 0 && lost.length === 0;
    output.line(agree ? '\nAll readers find the same values.' : '\nTHE READERS DISAGREE.');
    if (!agree) process.exitCode = 1;
  } finally {
    lake.close();
    await cloud.close();
  }
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 5 });
}

/** Folder of an installed reader; null, and a sentence, when it cannot be had on this machine. */
function installed(name: string, install: () => Installed): string | null {
  output.line(`Installing ${name} into ${judgesFolder()} …`);
  const result = install();
  if (result.kind === 'installed') return result.folder;
  output.problem(`The tables are not judged by ${name}: ${result.reason}`);
  process.exitCode = 1;
  return null;
}

/** Rows in every table the demo makes, on a state of its own. */
function runDemo(): void {
  output.line(`Running a demo of ${DEMO_EVENTS.toLocaleString('en-US')} events …`);
  const args = ['bin/sluice.ts', 'demo', '--events', String(DEMO_EVENTS), '--port', '0', '--json'];
  const demo = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env },
  });
  if (demo.status !== 0) throw new Error(`the demo failed: ${demo.stderr.slice(-2000)}`);
}

function bucketOf(outputs: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const name = Object.values(outputs).find((stack) => stack['LakeBucketName'] !== undefined);
  return `s3://${name?.['LakeBucketName'] ?? ''}`;
}

async function judgedTables(
  lake: LakeAccess,
  endpoint: string,
  bucketUri: string,
): Promise<readonly JudgedTable[]> {
  await makeEveryTypeTable(lake, { endpoint, bucketUri });
  if (python !== null) {
    const location = `${bucketUri}/interop/by_pyiceberg`;
    const script = path.join(READERS, 'write_with_pyiceberg.py');
    await runPython(python, [script, endpoint, EVERY_TYPE, PYICEBERG_COPY, location]);
  }
  const tables: JudgedTable[] = [];
  for (const database of await databasesOf(endpoint)) {
    for (const ident of await lake.catalog.list(database)) {
      const { metadata } = await loadTable(lake, ident);
      const folder = path.join(work, 'warehouse', `${ident.database}.${ident.table}`);
      const objects = await exportTable(lake.store, metadata.location, folder);
      const facts = await readWithAthena(lake.queries, ident, metadata);
      const name = `${ident.database}.${ident.table}`;
      output.line(`${name}: ${Object.keys(facts).length} columns, ${objects} objects`);
      tables.push({ ident, name, metadata, facts, folder, verdicts: new Map() });
    }
  }
  return tables;
}

async function databasesOf(endpoint: string): Promise<readonly string[]> {
  const client = new GlueClient(localTarget(endpoint));
  const names: string[] = [];
  for await (const page of paginateGetDatabases({ client }, {})) {
    for (const { Name } of page.DatabaseList ?? []) if (Name !== undefined) names.push(Name);
  }
  client.destroy();
  return names;
}

async function judgeWithPyIceberg(
  tables: readonly JudgedTable[],
  folder: string,
  endpoint: string,
): Promise<void> {
  const script = path.join(READERS, 'read_with_pyiceberg.py');
  const names = tables.map(({ name }) => name);
  const answer = JSON.parse(await runPython(folder, [script, endpoint, ...names])) as Record<
    string,
    { facts: TableFacts; files: number; problems: string[] }
  >;
  for (const { name, facts, verdicts } of tables) {
    const read = answer[name];
    verdicts.set('PyIceberg', compareFacts(facts, read?.facts ?? {}, { except: [] }));
    // The check of files is one of the writer's statistics, and those are PyIceberg's own here.
    if (name !== PYICEBERG_COPY) verdicts.set('PyArrow', read?.problems ?? ['not read']);
  }
}

/** What PyIceberg wrote, read by our Athena, is what PyIceberg had read. */
function compareCopy(tables: readonly JudgedTable[]): void {
  const copy = tables.find(({ name }) => name === PYICEBERG_COPY);
  const source = tables.find(({ name }) => name === EVERY_TYPE);
  if (copy === undefined || source === undefined) return;
  copy.verdicts.set('its source', compareFacts(source.facts, copy.facts, { except: [] }));
}

async function judgeWithClickHouse(
  tables: readonly JudgedTable[],
  judges: {
    readonly lake: LakeAccess;
    readonly python: string;
    readonly chdb: string;
    readonly endpoint: string;
  },
): Promise<void> {
  const { lake, python: folder, chdb: clickHouse, endpoint } = judges;
  const warehouse = path.join(work, 'warehouse');
  for (const { name, ident, metadata, facts, verdicts } of tables) {
    const file = `${name}.parquet`;
    const refused = refusedByClickHouse(await timeRanges(lake, ident, metadata));
    const left = [...new Set(refused.map((column) => column.split('.')[0] ?? ''))];
    const failure = await execute(
      process.execPath,
      ['export-table.mjs', warehouse, name, file, ...left],
      { cwd: clickHouse },
    ).then(
      () => null,
      (error: Error) => error.message.slice(-500),
    );
    if (failure !== null) {
      verdicts.set('ClickHouse', [failure]);
      continue;
    }
    const pair = `${name}=${path.join(warehouse, file)}`;
    const script = path.join(READERS, 'read_exported.py');
    const answer = JSON.parse(await runPython(folder, [script, endpoint, pair])) as Record<
      string,
      TableFacts
    >;
    const except = [...left, ...alteredByClickHouse(currentSchema(metadata))];
    if (except.length > 0) output.line(`${name}: not judged by ClickHouse: ${except.join(', ')}`);
    verdicts.set('ClickHouse', compareFacts(facts, answer[name] ?? {}, { except }));
  }
}

/** Least and greatest date or time of every such column. */
async function timeRanges(
  { queries }: LakeAccess,
  { database, table }: TableIdent,
  metadata: TableMetadata,
): Promise<Readonly<Record<string, TimeRange>>> {
  const ranges: Record<string, TimeRange> = {};
  for (const { path: column, type, expression, joins } of leafColumns(currentSchema(metadata))) {
    if (type !== 'date' && type !== 'timestamp') continue;
    const { rows } = await queries.query(
      `SELECT min(${expression}) AS low, max(${expression}) AS high FROM "${database}"."${table}"${joins}`,
    );
    ranges[column] = [rows[0]?.[0] ?? null, rows[0]?.[1] ?? null];
  }
  return ranges;
}

/** A table that our writer and PyIceberg commit to in turn; gives what is wrong with it. */
async function commitInTurn(
  { store }: LakeAccess,
  folder: string,
  cloud: {
    readonly endpoint: string;
    readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  },
): Promise<readonly string[]> {
  const problems = await judgeForeignCommits(store, {
    endpoint: cloud.endpoint,
    bucketUri: bucketOf(cloud.outputs),
    database: 'interop',
    runPython: (args) => runPython(folder, args),
  });
  const verdict = problems.length === 0 ? 'nothing lost, nothing twice' : 'NOT THE SAME';
  output.line(`\nPyIceberg by REST and our writer commit to one table in turn: ${verdict}`);
  for (const problem of problems) output.problem(`interop.shared: ${problem}`);
  return problems;
}

/** Further comparisons over PyIceberg, one script each; gives those that failed. */
async function runScripts(folder: string, endpoint: string): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const name of readdirSync(SCRIPTS).filter((file) => file.endsWith('.py'))) {
    const said = await execute(pythonOf(folder), ['-B', path.join(SCRIPTS, name)], {
      env: { ...PYTHON_ENVIRONMENT, AWS_ENDPOINT_URL: endpoint },
    }).catch((error: Error & { readonly stdout?: string; readonly stderr?: string }) => {
      failed.push(name);
      return `${error.stdout ?? ''}${(error.stderr ?? '').slice(-2000)}`;
    });
    output.line(`\n${name}:\n${said.trimEnd()}`);
  }
  return failed;
}

async function runPython(folder: string, args: readonly string[]): Promise<string> {
  return await execute(pythonOf(folder), ['-B', ...args], { env: PYTHON_ENVIRONMENT });
}

/** Runs a program beside this process, which serves the local cloud meanwhile; gives what it printed. */
async function execute(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> },
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, {
    maxBuffer: 256 * 1024 * 1024,
    timeout: TIMEOUT_MS,
    ...options,
  });
  return stdout;
}
