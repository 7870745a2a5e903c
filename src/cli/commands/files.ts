import type { FileRun } from '#core/file/file-run.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openFiles } from '#runtime/file-access.ts';
import { loadProject } from '#runtime/load-project.ts';
import { type Command, stringOption } from '../command.ts';
import { domainWithFiles } from '../file-entries.ts';
import { openLocalCloud } from '../local-cloud.ts';
import type { Output } from '../output.ts';
import { connectorsTableOf, landingBucketOf } from '../stack-outputs.ts';

export const files: Command = {
  name: 'files',
  summary: 'what became of uploaded files',
  usage: '[--domain <name>] [--json]',
  options: {
    domain: { type: 'string', value: '<name>', description: 'only this domain (default: all)' },
  },
  async run(context) {
    const { project } = loadProject({ root: context.root, environment: 'local' });
    const name = stringOption(context, 'domain');
    const domains = name === undefined ? project.domains : [domainWithFiles(project, name)];
    const cloud = await openLocalCloud(context, { port: 0 });
    const access = openFiles(localTarget(cloud.endpoint), {
      landingBucket: landingBucketOf(cloud.outputs),
      connectorsTable: connectorsTableOf(cloud.outputs),
    });
    try {
      const runs: { readonly domain: string; readonly run: FileRun }[] = [];
      for (const domain of domains) {
        for (const entry of domain.files) {
          const found = await access.runsOf(domain.name, entry.name);
          runs.push(...found.map((run) => ({ domain: domain.name, run })));
        }
      }
      showRuns(context.output, runs);
      const result = runs.map(({ domain, run }) => ({
        domain,
        entry: run.entry.name,
        ...summaryOf(run),
      }));
      context.output.result({ ok: true, runs: result });
      return 0;
    } finally {
      access.close();
      await cloud.close();
    }
  },
};

function showRuns(
  output: Output,
  runs: readonly { readonly domain: string; readonly run: FileRun }[],
): void {
  if (runs.length === 0) {
    output.line(
      'No file was uploaded yet; upload one with: sluice upload <file> --domain <name> --entry <name>',
    );
    return;
  }
  output.table(
    ['uploaded', 'entry', 'file', 'status', 'rows', 'committed', 'rejected', 'duplicates'],
    runs.map(({ domain, run }) => {
      const { status, uploadedAt, file, rows } = summaryOf(run);
      const counts = [rows.read, rows.committed, rows.rejected, rows.deduplicated];
      return [
        uploadedAt.slice(0, 19),
        `${domain}.${run.entry.name}`,
        file,
        status,
        ...counts.map((count) => (count === null ? '' : count.toLocaleString('en-US'))),
      ];
    }),
    { rightAligned: [4, 5, 6, 7] },
  );
  for (const { run } of runs) {
    const { report } = run;
    if (report?.status === 'refused') output.line(`${run.name}: refused: ${report.problem}`);
    if (report?.errorFile != null)
      output.line(`${run.name}: invalid rows are in ${report.errorFile}`);
  }
}

/** The report; of a run that is under way what is known so far. */
function summaryOf(run: FileRun) {
  const none = { committed: null, rejected: null, deduplicated: null, deadLettered: null };
  return {
    ...run.report,
    run: run.run,
    file: run.name,
    status: run.status,
    uploadedAt: new Date(run.modifiedMs).toISOString(),
    rows: run.report?.rows ?? { read: (run.next?.rowNumber ?? 1) - 1, ...none },
  };
}
