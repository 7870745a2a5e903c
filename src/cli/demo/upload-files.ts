import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Project } from '#core/config/project.ts';
import type { FileRun } from '#core/file/file-run.ts';
import type { FileRunKey } from '#ports/file-run-store.ts';
import type { DemoSession } from './demo-session.ts';

/** Real files of the package vega-datasets, and the entries that take them. */
const FILES = [
  { domain: 'market', entry: 'daily_prices', object: 'sp500-2000.csv' },
  { domain: 'city', entry: 'weather_normals', object: 'seattle-weather-hourly-normals.csv' },
] as const;

export interface UploadedFile {
  readonly object: string;
  readonly domain: string;
  readonly entry: string;
  readonly key: FileRunKey;
}

/** One file of the demo, and where its rows went. */
export interface FileAccount {
  readonly object: string;
  /** `market.daily_prices` */
  readonly entry: string;
  readonly rows: number;
  readonly committed: number;
  readonly rejected: number;
  readonly deduplicated: number;
  /** An earlier run of the demo uploaded the same file: its rows are in once. */
  readonly counted_before: boolean;
}

/** Uploads the files as a user would; those whose entry a changed project does not have are left out. */
export async function uploadFiles(session: DemoSession): Promise<readonly UploadedFile[]> {
  const uploads = FILES.flatMap(({ domain, entry, object }) => {
    const taking = entryOf(session.loaded.project, domain, entry);
    return taking === null ? [] : [{ domain, entry, object, taking }];
  });
  return await Promise.all(
    uploads.map(async ({ domain, entry, object, taking }) => {
      const to = { domain, entry: taking, onBytes: () => {} };
      const { key } = await session.files.upload(dataFile(object), to);
      return { object, domain, entry, key };
    }),
  );
}

/** What became of the uploaded files, once everything is taken in. */
export async function accountForFiles(
  session: DemoSession,
  uploaded: readonly UploadedFile[],
  startedMs: number,
): Promise<{ readonly files: readonly FileAccount[]; readonly problems: readonly string[] }> {
  const files: FileAccount[] = [];
  const problems: string[] = [];
  for (const file of uploaded) {
    const run = await session.files.run(file.key);
    if (run?.report?.status === 'finished') files.push(accountOf(file, run, startedMs));
    else problems.push(`${file.object}: ${whyUnfinished(run)}`);
  }
  return { files, problems };
}

function accountOf(file: UploadedFile, run: FileRun, startedMs: number): FileAccount {
  const { read = 0, committed = 0, rejected = 0, deduplicated = 0 } = run.report?.rows ?? {};
  return {
    object: file.object,
    entry: `${file.domain}.${file.entry}`,
    rows: read,
    committed,
    rejected,
    deduplicated,
    counted_before: run.startedMs < startedMs,
  };
}

function whyUnfinished(run: FileRun | null): string {
  if (run === null) return 'nothing has begun to read it; look into sluice logs file-ingest';
  const problem = run.report?.problem;
  return problem === null || problem === undefined ? 'is not read to its end' : problem;
}

function entryOf({ domains }: Project, domain: string, entry: string) {
  const files = domains.find(({ name }) => name === domain)?.files ?? [];
  return files.find(({ name }) => name === entry) ?? null;
}

/** The package exports its module only; its data lies beside it. */
function dataFile(object: string): string {
  const module = fileURLToPath(import.meta.resolve('vega-datasets'));
  const at = module.lastIndexOf(`${path.sep}vega-datasets${path.sep}`);
  return path.join(module.slice(0, at), 'vega-datasets', 'data', object);
}
