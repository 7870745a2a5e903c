import path from 'node:path';
import { SluiceError } from '#core/errors.ts';
import type { FileRun } from '#core/file/file-run.ts';
import type { RunReport } from '#core/file/run-report.ts';
import type { FileRunKey } from '#ports/file-run-store.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { type FileAccess, openFiles, sizeOfFile } from '#runtime/file-access.ts';
import { loadProject } from '#runtime/load-project.ts';
import {
  booleanOption,
  type Command,
  type CommandContext,
  stringOption,
  usageError,
} from '../command.ts';
import { domainWithFiles, entryOf } from '../file-entries.ts';
import { openLocalCloud } from '../local-cloud.ts';
import type { Output } from '../output.ts';
import { connectorsTableOf, landingBucketOf } from '../stack-outputs.ts';
import { INTERRUPTED_STATUS } from '../until-aborted.ts';

const POLL_MS = 200;
/** A notice is there within seconds; silence says that nobody takes files. */
const NO_RUN_MS = 60_000;

export const upload: Command = {
  name: 'upload',
  summary: 'upload a file as a user would, into the landing bucket of the local cloud',
  usage: '<file> --domain <name> --entry <name> [--wait] [--json]',
  positionals: { min: 1, max: 1 },
  options: {
    domain: { type: 'string', value: '<name>', description: 'domain that takes the file' },
    entry: { type: 'string', value: '<name>', description: 'its entry under files:' },
    wait: { type: 'boolean', description: 'wait until its rows are in, and print the report' },
  },
  async run(context) {
    const { project } = loadProject({ root: context.root, environment: 'local' });
    const domain = domainWithFiles(project, required(context, 'domain'));
    const entry = entryOf(domain, required(context, 'entry'));
    const file = path.resolve(context.positionals[0] ?? '');
    const sizeBytes = sizeOfFile(file);
    const cloud = await openLocalCloud(context, { port: 0 });
    const access = openFiles(localTarget(cloud.endpoint), {
      landingBucket: landingBucketOf(cloud.outputs),
      connectorsTable: connectorsTableOf(cloud.outputs),
    });
    const bar = context.output.progress('bytes uploaded', sizeBytes);
    try {
      const startMs = Date.now();
      const to = { domain: domain.name, entry, onBytes: (done: number) => bar.update(done) };
      const uploaded = await access.upload(file, to);
      bar.stop();
      context.output.line(`Uploaded ${uploaded.uri}`);
      if (!booleanOption(context, 'wait')) {
        context.output.result({ ok: true, uri: uploaded.uri, bytes: uploaded.sizeBytes });
        return 0;
      }
      const run = await settledRun(context, access, { key: uploaded.key, startMs });
      if (run === null) return INTERRUPTED_STATUS;
      const { report } = run;
      if (report?.status === 'finished' && run.startedMs < startMs) {
        context.output.line(
          `The same file came before, on ${new Date(run.modifiedMs).toISOString()}: its rows are in once. What was counted then:`,
        );
      }
      showReport(context.output, report);
      const ok = report?.status === 'finished';
      context.output.result({ ok, report });
      return ok ? 0 : 1;
    } finally {
      bar.stop();
      access.close();
      await cloud.close();
    }
  },
};

function required(context: CommandContext, name: string): string {
  const value = stringOption(context, name);
  if (value === undefined) throw usageError(upload, `expected --${name} <name>, got none`);
  return value;
}

/** The run once it is settled; null after Ctrl-C. A file that is in already has been settled before. */
async function settledRun(
  { signal }: CommandContext,
  access: FileAccess,
  of: { readonly key: FileRunKey; readonly startMs: number },
): Promise<FileRun | null> {
  for (;;) {
    if (signal.aborted) return null;
    const run = await access.run(of.key);
    // A file that was refused is looked at again: its earlier answer is not the one.
    const isEarlier = run?.status === 'refused' && run.startedMs < of.startMs;
    if (run !== null && run.status !== 'running' && !isEarlier) return run;
    if ((run === null || isEarlier) && Date.now() - of.startMs > NO_RUN_MS) throw nobody(of.key);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function nobody({ domain }: FileRunKey): SluiceError {
  return new SluiceError(
    'SOURCE_UNAVAILABLE',
    `the file is uploaded, but nothing has begun to read it; look into sluice logs ${domain.replaceAll('_', '-')}-file-ingest`,
  );
}

function showReport(output: Output, report: RunReport | null): void {
  if (report === null) return;
  if (report.status === 'refused') {
    output.problem(`Refused: ${report.problem}`);
    return;
  }
  const { rows } = report;
  const counts: readonly (readonly [string, number])[] = [
    ['read', rows.read],
    ['committed', rows.committed],
    ['rejected', rows.rejected],
    ['duplicates', rows.deduplicated],
  ];
  output.table(
    ['rows', ''],
    counts.map(([name, count]) => [name, count.toLocaleString('en-US')]),
    { rightAligned: [1] },
  );
  for (const { row, column, reason } of report.firstErrors) {
    output.line(`row ${row}: ${column === null ? '' : `${column}: `}${reason}`);
  }
  if (report.errorFile !== null)
    output.line(`Invalid rows with their reasons: ${report.errorFile}`);
}
