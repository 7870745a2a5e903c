import { compactTable } from '#app/maintain/compact-table.ts';
import {
  type CompactionOptions,
  planTableCompaction,
} from '#app/maintain/plan-table-compaction.ts';
import { booleanOption, type Command } from '../command.ts';
import { counted, DRY_RUN_OPTION, eachTable, type TableWork } from '../tables/each-table.ts';

export const tablesCompact: Command = {
  name: 'tables compact',
  summary: 'rewrite small files of closed partitions, and files with deleted rows, into fewer',
  usage: '<domain> [<table>] [--dry-run] [--json]',
  options: DRY_RUN_OPTION,
  positionals: { min: 1, max: 2 },
  async run(context) {
    const { output } = context;
    const isDry = booleanOption(context, 'dry-run');
    const tables = await eachTable(context, async (work) => {
      const options = compactionOptions(work);
      const { groups, waitingFiles, postponedFiles } = await planTableCompaction(
        work.access,
        work.table,
        options,
      );
      const files = groups.reduce((sum, group) => sum + group.files.length, 0);
      const bytes = groups.reduce((sum, group) => sum + group.sizeBytes, 0);
      const plan = { groups: groups.length, files, bytes, waitingFiles, postponedFiles };
      output.line(`${work.table.table}: ${planText(plan)}`);
      const run =
        isDry || files === 0 ? null : await compactTable(work.access, work.table, options);
      return { table: work.table.table, plan, run };
    });
    const done = tables.flatMap(({ table, run }) => (run === null ? [] : [{ table, ...run }]));
    if (done.length > 0) {
      output.table(
        [
          'table',
          'files before',
          'after',
          'rows',
          'bytes before',
          'after',
          'deleted rows gone',
          'left',
        ],
        done.map((run) => [
          run.table,
          ...[
            run.filesBefore,
            run.filesAfter,
            run.rows,
            run.bytesBefore,
            run.bytesAfter,
            run.deletedRows,
            run.postponedFiles,
          ].map(counted),
        ]),
        { rightAligned: [1, 2, 3, 4, 5, 6, 7] },
      );
    }
    output.result({ ok: true, dryRun: isDry, tables });
    return 0;
  },
};

interface PlanCounts {
  readonly groups: number;
  readonly files: number;
  readonly bytes: number;
  readonly waitingFiles: number;
  readonly postponedFiles: number;
}

function planText({ groups, files, bytes, waitingFiles, postponedFiles }: PlanCounts): string {
  const rewrite =
    files === 0
      ? 'nothing to rewrite'
      : `${counted(files)} files (${counted(bytes)} bytes) to rewrite, in ${counted(groups)} ${groups === 1 ? 'group' : 'groups'}`;
  const wait =
    waitingFiles === 0
      ? ''
      : `; ${counted(waitingFiles)} small ${waitingFiles === 1 ? 'file waits' : 'files wait'}: in a partition that still takes rows, or with too few others`;
  const postponed = postponedFiles === 0 ? '' : `; ${counted(postponedFiles)} left to the next run`;
  return `${rewrite}${wait}${postponed}`;
}

function compactionOptions({
  config,
  table,
  deadlineMs,
  onProgress,
}: TableWork): CompactionOptions {
  return {
    targetFileBytes: table.targetFileBytes,
    minInputFiles: table.minFiles,
    maxRewriteBytes: config.maxRewriteBytes,
    maxFileRows: config.maxFileRows,
    sortBy: table.sortBy,
    eventTime: table.eventTime,
    deadlineMs,
    onProgress,
  };
}
