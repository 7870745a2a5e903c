/**
 * A million rows of a CSV file into a table on disk: `npm run bench:file`. Measured in a process of its own, which does what the
 * function does with S3 and Glue replaced by a folder and a catalogue in memory: rows per second, and the peak of the
 * process' resident memory (everything: Node, code, buffers). The last line of stdout is one JSON object.
 * `--save` writes it to bench/file-baseline.json; otherwise it is compared with that file, as ratios, since machines differ.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FsObjectStore } from '#adapters/fs/fs-object-store.ts';
import { createMemoryFileRunStore } from '#adapters/memory/memory-file-run-store.ts';
import { createMemoryStagingLog } from '#adapters/memory/memory-staging-log.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import type { IngestFileDeps } from '#app/ingest-file/file-deps.ts';
import { ingestFile } from '#app/ingest-file.ts';
import { createInstanceMemory } from '#app/stage/instance-memory.ts';
import type { FileSource } from '#core/config/project.ts';
import {
  buildFileIngestConfig,
  parseFileIngestConfig,
  serializeFileIngestConfig,
} from '#core/file/file-ingest-config.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { findStream } from '#core/schema/registry.ts';
import { REJECTED_TABLE, REJECTED_TABLE_SHAPE } from '#core/schema/rejected-table.ts';
import { compileFileIngest } from '#runtime/file-ingest.ts';
import { loadProject } from '#runtime/load-project.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BASELINE = fileURLToPath(new URL('file-baseline.json', import.meta.url));
const ROWS = 1_000_000;
/** Rows whose price is no number. */
const INVALID_EVERY = 1_000;
/** V8 collects garbage only when it has to: a heap of this size makes it tell what is needed. */
const HEAP = ['--max-old-space-size=115', '--max-semi-space-size=2'];
/** Resident memory of the whole process at its peak. */
const MAX_PEAK_MB = 200;
/** Slower than that against the baseline is a regression and no noise. */
const MIN_RATIO = 0.5;

interface Measured {
  readonly rows: number;
  readonly committed: number;
  readonly rejected: number;
  readonly seconds: number;
  readonly rows_per_second: number;
  /** Before the first byte of the file is read. */
  readonly idle_rss_mb: number;
  readonly peak_rss_mb: number;
}

const ENTRY: FileSource = {
  name: 'trades',
  stream: 'trade',
  path: 'trades',
  format: {
    kind: 'csv',
    encoding: 'utf-8',
    header: true,
    columns: [],
    delimiter: ',',
    quote: '"',
    skipLines: 0,
    maxLineBytes: 1_000_000,
  },
  times: { timeZone: 'UTC', timestampFormat: null, dateFormat: null },
  nullText: '',
  turnMs: 3_600_000,
  select: [],
};

const [mode = '', folder = ''] = process.argv.slice(2);
if (mode === '--measure') console.log(JSON.stringify(await measure(folder)));
else await compare();

async function compare(): Promise<void> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  try {
    const bytes = await writeCsv(path.join(root, 'landing/market/trades/a.csv'));
    writeFileSync(path.join(root, 'config.json'), functionConfig());
    const bundle = await bundleSelf(path.join(root, 'bench.mjs'));
    const output = execFileSync(process.execPath, [...HEAP, bundle, '--measure', root], {
      encoding: 'utf8',
    });
    report({
      bytes,
      machine: `${os.cpus()[0]?.model.trim()} x ${os.cpus().length}, Node ${process.version}`,
      ...(JSON.parse(output) as Measured),
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What the function reads: so the measured process parses no project. */
function functionConfig(): string {
  const { project, registry } = loadProject({ root: ROOT, environment: 'local' });
  const domains = project.domains.map((domain) => ({ ...domain, files: [ENTRY] }));
  const built = buildFileIngestConfig({ ...project, domains }, registry, { domain: 'market' });
  const trades = findStream(registry, 'market', 'trade');
  if (built === null || trades === null) throw new Error('expected a configuration of files');
  return JSON.stringify({ config: serializeFileIngestConfig(built), shape: trades.table });
}

/** One module, as the function is deployed. */
async function bundleSelf(outfile: string): Promise<string> {
  // Not a part of what is measured.
  const { buildSync } = await import('esbuild');
  buildSync({
    entryPoints: [fileURLToPath(import.meta.url)],
    absWorkingDir: ROOT,
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    external: ['esbuild'],
    logLevel: 'silent',
  });
  return outfile;
}

async function writeCsv(file: string): Promise<number> {
  execFileSync('mkdir', ['-p', path.dirname(file)]);
  const stream = createWriteStream(file);
  stream.write('source_system,trade_id,symbol,timestamp,price,size,fee\n');
  for (let from = 0; from < ROWS; from += 10_000) {
    const lines = Array.from({ length: 10_000 }, (_, index) => line(from + index));
    if (!stream.write(lines.join('')))
      await new Promise<void>((resolve) => stream.once('drain', () => resolve()));
  }
  await new Promise<void>((resolve) => stream.end(() => resolve()));
  return stream.bytesWritten;
}

function line(row: number): string {
  const price = row % INVALID_EVERY === 0 ? 'none' : 100 + (row % 977) / 8;
  const time = new Date(Date.UTC(2026, 0, 1) + row * 10).toISOString();
  return `NYSE,trade-${row},S${row % 500},${time},${price},${1 + (row % 300)},0.05\n`;
}

/** One invocation of the function, in this process. */
async function measure(root: string): Promise<Measured> {
  const files = JSON.parse(readFileSync(path.join(root, 'config.json'), 'utf8')) as {
    readonly config: string;
    readonly shape: typeof REJECTED_TABLE_SHAPE;
  };
  const built = parseFileIngestConfig(files.config);
  const uri = (name: string) => `file://${root}/${name}`;
  const config = compileFileIngest(built, {
    landingUri: uri('landing'),
    deadLetterUri: uri('dead'),
  });
  const store = new FsObjectStore();
  const catalog = new MemoryTableCatalog();
  const trades = built.writer.streams.find(({ name }) => name === 'trade')!;
  const tables = [
    { ident: trades.table, shape: files.shape },
    { ident: { ...trades.table, table: REJECTED_TABLE }, shape: REJECTED_TABLE_SHAPE },
  ];
  for (const { ident, shape } of tables) {
    const location = uri(`lake/${ident.table}`);
    const tableUuid = '00000000-0000-4000-8000-000000000001';
    const metadata = createTableMetadata({ ...shape, location, tableUuid, nowMs: Date.now() });
    const file = `${location}/metadata/00000.metadata.json`;
    await store.put(file, Buffer.from(serializeTableMetadata(metadata)));
    catalog.create(ident, file);
  }
  const deps: IngestFileDeps = {
    store,
    catalog,
    reader: createHyparquetTableReader(store),
    runs: createMemoryFileRunStore(),
    columns: createHyparquetColumnReader(store),
    stagingLog: createMemoryStagingLog(),
    memory: createInstanceMemory(),
    clock: { nowMs: Date.now, sleep: async () => {} },
    random: {
      next: Math.random,
      bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    },
  };
  const idleBytes = process.memoryUsage().rss;
  const startMs = performance.now();
  const outcome = await ingestFile(deps, config, {
    notice: { key: 'market/trades/a.csv', versionId: null, checksum: null },
    owner: 'bench',
    deadlineMs: Date.now() + 3_600_000,
  });
  const seconds = (performance.now() - startMs) / 1_000;
  const rows = outcome.kind === 'settled' ? outcome.run.report?.rows : undefined;
  return {
    rows: rows?.read ?? 0,
    committed: rows?.committed ?? 0,
    rejected: rows?.rejected ?? 0,
    seconds: Math.round(seconds * 10) / 10,
    rows_per_second: Math.round(ROWS / seconds),
    idle_rss_mb: Math.round(idleBytes / 1_000_000),
    // Kilobytes, of the process since it began. Source: getrusage(2).
    peak_rss_mb: Math.round((process.resourceUsage().maxRSS * 1_024) / 1_000_000),
  };
}

function report(now: Measured & { readonly bytes: number; readonly machine: string }): void {
  const save = process.argv.includes('--save');
  const baseline = save ? now : (JSON.parse(readFileSync(BASELINE, 'utf8')) as Measured);
  const ratio = now.rows_per_second / baseline.rows_per_second;
  console.log(
    `file         ${now.rows_per_second.toLocaleString('en-US').padStart(12)} rows/s  ${ratio.toFixed(2)} x baseline`,
  );
  console.log(
    `memory       ${String(now.peak_rss_mb).padStart(12)} MB peak of the process, ${now.idle_rss_mb} MB before`,
  );
  if (save) writeFileSync(BASELINE, `${JSON.stringify(now, null, 2)}\n`);
  const problems = [
    ...(now.committed + now.rejected === ROWS
      ? []
      : [`expected ${ROWS} rows, got ${now.committed + now.rejected}`]),
    ...(now.peak_rss_mb <= MAX_PEAK_MB
      ? []
      : [`expected a peak of at most ${MAX_PEAK_MB} MB, got ${now.peak_rss_mb}`]),
    ...(ratio >= MIN_RATIO
      ? []
      : [`expected at least ${MIN_RATIO} x baseline, got ${ratio.toFixed(2)}`]),
  ];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  console.log(JSON.stringify(now));
}
