import type { FileSource } from '#core/config/project.ts';
import { fileSource } from '#core/delivery/position.ts';
import { hasCode, SluiceError } from '#core/errors.ts';
import {
  decodeFileRun,
  encodeFileRun,
  type FileRun,
  fileIdentity,
  runKey,
  runName,
} from '#core/file/file-run.ts';
import { createFileRowMapper, type FileRowMapper } from '#core/file/map-file-row.ts';
import { readFileHeader } from '#core/file/read-header.ts';
import type { FileRunLease } from '#ports/file-run-store.ts';
import type { IngestFileConfig, IngestFileDeps } from './ingest-file/file-deps.ts';
import { acquireLease, withLease } from './ingest-file/file-lease.ts';
import { finishRun, forgetRun, refusedReport } from './ingest-file/finish-run.ts';
import { checksumOf, type FileObject, versionOption } from './ingest-file/identify-file.ts';
import { checkCompression, openFile } from './ingest-file/open-file.ts';
import { runChunks } from './ingest-file/run-chunks.ts';
import type { IngestStream } from './ingest-stream.ts';

/** An object of the landing bucket that was created. */
export interface FileNotice {
  readonly key: string;
  /** Null without versions. */
  readonly versionId: string | null;
  /** Known when a run goes on: the file need not be read for it again. */
  readonly checksum: string | null;
}

export type FileOutcome =
  /** No file of an entry. */
  | { readonly kind: 'ignored' }
  /** It was deleted for good. */
  | { readonly kind: 'gone' }
  /** Another invocation works on it. */
  | { readonly kind: 'busy'; readonly owner: string }
  /** Time is over; to be called again with the checksum. */
  | { readonly kind: 'unfinished'; readonly checksum: string }
  /** Finished or refused, by this call (`isNew`) or before. */
  | { readonly kind: 'settled'; readonly run: FileRun; readonly isNew: boolean };

export interface IngestFileRequest {
  readonly notice: FileNotice;
  /** Of this invocation alone. */
  readonly owner: string;
  /** No chunk is begun after it. */
  readonly deadlineMs: number;
}

/**
 * Takes the rows of an uploaded file into its tables, each once: `<domain>/<path of an entry>/…` in the landing bucket. May be
 * called any number of times for a file, at the same time too: the lease lets one invocation work, positions in the commits
 * tell which rows are in, and the run's record says when all are. See docs/adr/0019-files.md.
 */
export async function ingestFile(
  deps: IngestFileDeps,
  config: IngestFileConfig,
  request: IngestFileRequest,
): Promise<FileOutcome> {
  const { notice } = request;
  const found = findEntry(config, notice.key);
  if (found === null) return { kind: 'ignored' };
  const uri = `${config.landingUri}/${notice.key}`;
  const stat = await deps.store.stat(uri, versionOption(notice.versionId));
  if (stat === null) return { kind: 'gone' };
  const file: FileObject = { uri, versionId: notice.versionId, ...stat };
  const checksum = notice.checksum ?? (await checksumOf(deps.store, file));
  const identity = fileIdentity(found.name, checksum);
  const { domain } = config.ingest;
  const { entry } = found;
  const key = { domain, entry: entry.name, file: identity };
  const acquired = await acquireLease(deps, key, request.owner);
  if (acquired.kind === 'busy') return { kind: 'busy', owner: acquired.owner };
  const { lease, state } = acquired;
  const outcome = await workOnFile(withLease(deps, lease), config, {
    request,
    file,
    lease,
    source: fileSource(entry.name, identity),
    known: state === null ? null : decodeFileRun(state),
    fresh: freshRun(deps, { entry, name: found.name, file, checksum, identity }),
  });
  // When it fails the lease runs out by itself: what failed may still be under way.
  await deps.runs.release(lease);
  return outcome;
}

/** The entry a key belongs to, and the name of the file below it; null for folders and everything else. */
export function findEntry(
  config: Pick<IngestFileConfig, 'entries'> & { readonly ingest: { readonly domain: string } },
  key: string,
): { readonly entry: FileSource; readonly name: string } | null {
  if (key.endsWith('/')) return null;
  for (const entry of config.entries) {
    const prefix = `${config.ingest.domain}/${entry.path}/`;
    if (key.startsWith(prefix)) return { entry, name: key.slice(prefix.length) };
  }
  return null;
}

function freshRun(
  deps: Pick<IngestFileDeps, 'clock'>,
  of: {
    readonly entry: FileSource;
    readonly name: string;
    readonly file: FileObject;
    readonly checksum: string;
    readonly identity: string;
  },
): FileRun {
  const { entry, name, file, checksum, identity } = of;
  const { versionId, sizeBytes, modifiedMs } = file;
  return {
    status: 'running',
    run: runName(`${entry.name}/${identity}`, modifiedMs),
    name,
    versionId,
    sizeBytes,
    modifiedMs,
    checksum,
    startedMs: deps.clock.nowMs(),
    entry,
    next: null,
    report: null,
  };
}

interface FileTask {
  readonly request: IngestFileRequest;
  readonly file: FileObject;
  readonly lease: FileRunLease;
  readonly source: string;
  /** As it was left; null when there is none. */
  readonly known: FileRun | null;
  readonly fresh: FileRun;
}

async function workOnFile(
  deps: IngestFileDeps,
  config: IngestFileConfig,
  task: FileTask,
): Promise<FileOutcome> {
  const { known, fresh, file, source } = task;
  if (known?.status === 'finished') {
    await forgetRun(deps, config, { source, stream: streamOf(config, known) });
    return { kind: 'settled', run: known, isNew: false };
  }
  // A file that was refused may be uploaded again once the configuration reads it; the same upload stays refused.
  if (known?.status === 'refused' && known.versionId === file.versionId) {
    return { kind: 'settled', run: known, isNew: false };
  }
  const run = known?.status === 'running' ? known : fresh;
  const opened = await openRows(deps, config, { file, run });
  if (!opened.ok) {
    if (run.next !== null) throw unreadable(source, opened.problem);
    return await refuse(deps, config, { ...task, run, problem: opened.problem });
  }
  // Before the first row is in: the ledger has to hear of every file that something is read of.
  await deps.runs.announce(task.lease.key);
  const { run: read, isRead } = await runChunks(deps, config, {
    ...opened,
    file,
    run,
    source,
    lease: task.lease,
    stream: streamOf(config, run),
    deadlineMs: task.request.deadlineMs,
  });
  if (!isRead) return { kind: 'unfinished', checksum: run.checksum };
  const end = { file, source, lease: task.lease, stream: streamOf(config, run), run: read };
  return { kind: 'settled', run: await finishRun(deps, config, end), isNew: true };
}

function streamOf(config: IngestFileConfig, run: FileRun): IngestStream {
  const stream = config.ingest.streams.find(({ plan }) => plan.stream.name === run.entry.stream);
  if (stream !== undefined) return stream;
  throw new TypeError(`expected stream ${run.entry.stream} in the configuration, got none`);
}

type OpenedRows =
  | {
      readonly ok: true;
      readonly columns: readonly string[];
      readonly bodyOffset: number;
      readonly map: FileRowMapper;
    }
  | { readonly ok: false; readonly problem: string };

/** Reads what comes before the rows; what is wrong there is wrong with every row. */
async function openRows(
  deps: IngestFileDeps,
  config: IngestFileConfig,
  { file, run }: { readonly file: FileObject; readonly run: FileRun },
): Promise<OpenedRows> {
  const { entry } = run;
  const { stream } = streamOf(config, run).plan;
  try {
    // A run that goes on has passed it.
    if (run.next === null) await checkCompression(deps.store, file);
    const { format } = entry;
    // A file whose first line names the columns is never empty: an export that failed leaves one.
    const mayBeEmpty = format.kind === 'jsonl' || !format.header;
    if (file.sizeBytes === 0 && mayBeEmpty) {
      return { ok: true, columns: [], bodyOffset: 0, map: noRow };
    }
    const header = await readFileHeader(openFile(deps.store, file, 0), entry.format);
    if (!header.ok) return header;
    const { columns, bodyOffset } = header;
    const map = createFileRowMapper(stream, { ...entry }, { columns, name: run.name });
    return { ok: true, columns, bodyOffset, map };
  } catch (error) {
    const isFilesFault = ['FORMAT_CORRUPT', 'USAGE', 'EXPRESSION_INVALID'] as const;
    const code = isFilesFault.find((candidate) => hasCode(error, candidate));
    if (code === undefined || !(error instanceof Error)) throw error;
    return { ok: false, problem: error.message };
  }
}

/** Rows of it are in, so it is not refused: the stream has changed under a run that was under way. */
function unreadable(source: string, problem: string): SluiceError {
  return new SluiceError(
    'CONFIG_INVALID',
    `${source}: its run began, but cannot go on: ${problem}; deploy a configuration that reads the file, and send its message again`,
  );
}

function noRow(): never {
  throw new TypeError('expected no row in an empty file, got one');
}

async function refuse(
  deps: IngestFileDeps,
  config: IngestFileConfig,
  work: FileTask & { readonly run: FileRun; readonly problem: string },
): Promise<FileOutcome> {
  const { file, lease, problem } = work;
  const report = refusedReport(deps, config, { file, run: work.run, problem });
  const uri = `${config.landingUri}/${runKey(config.ingest.domain, work.run.entry.name, work.run.run)}.json`;
  const body = Buffer.from(`${JSON.stringify(report, null, 2)}\n`);
  await deps.store.put(uri, body, { contentType: 'application/json' });
  const run: FileRun = { ...work.run, status: 'refused', report };
  await deps.runs.save(lease, encodeFileRun(run));
  return { kind: 'settled', run, isNew: true };
}
