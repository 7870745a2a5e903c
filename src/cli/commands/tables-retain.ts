import { planTableRetention, retainTable } from '#app/maintain/retain-table.ts';
import type { Command } from '../command.ts';
import { counted, eachTable, isConfirmed, YES_OPTION } from '../tables/each-table.ts';
import { timeText } from '../tables/words.ts';

const DAY_MS = 86_400_000;

export const tablesRetain: Command = {
  name: 'tables retain',
  summary: 'find files whose rows are older than the retention, and with --yes remove them',
  usage: '<domain> [<table>] [--yes] [--dry-run] [--json]',
  options: YES_OPTION,
  positionals: { min: 1, max: 2 },
  async run(context) {
    const { output } = context;
    const dryRun = !isConfirmed(context);
    const tables = await eachTable(context, async ({ access, table, deadlineMs, onProgress }) => {
      const horizonMs = access.clock.nowMs() - table.retentionDays * DAY_MS;
      const options = { horizonMs, deadlineMs, onProgress };
      const plan = await planTableRetention(access, table, options);
      const run = dryRun ? null : await retainTable(access, table, options);
      return {
        table: table.table,
        before: new Date(horizonMs).toISOString(),
        files: plan.expired.length,
        rows: plan.expiredRows,
        bytes: plan.expiredBytes,
        straddlingFiles: plan.straddlingFiles,
        unknownFiles: plan.unknownFiles,
        run,
      };
    });
    output.table(
      ['table', 'rows before', 'files', 'rows', 'bytes', 'straddling files', 'removed files'],
      tables.map(({ table, before, files, rows, bytes, straddlingFiles, run }) => [
        table,
        timeText(Date.parse(before)),
        ...[files, rows, bytes, straddlingFiles, run?.removedFiles ?? 0].map(counted),
      ]),
      { rightAligned: [2, 3, 4, 5, 6] },
    );
    if (tables.every(({ files }) => files === 0)) output.line('Nothing to remove.');
    else if (dryRun)
      output.line('Nothing was removed; --yes removes the files that are wholly older.');
    output.result({ ok: true, dryRun, tables });
    return 0;
  },
};
