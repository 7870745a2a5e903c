import { removeOrphans } from '#app/maintain/remove-orphans.ts';
import type { Command } from '../command.ts';
import { counted, eachTable, isConfirmed, YES_OPTION } from '../tables/each-table.ts';

export const tablesOrphans: Command = {
  name: 'tables orphans',
  summary: 'find files that nothing names, and with --yes delete them',
  usage: '<domain> [<table>] [--yes] [--dry-run] [--json]',
  options: YES_OPTION,
  positionals: { min: 1, max: 2 },
  async run(context) {
    const { output } = context;
    const dryRun = !isConfirmed(context);
    const tables = await eachTable(context, async (work) => {
      const run = await removeOrphans(work.access, work.table, {
        domain: work.config.domain,
        minAgeMs: work.config.orphanAgeMs,
        dryRun,
        deadlineMs: work.deadlineMs,
        onProgress: (listed) => work.onProgress(listed, listed),
      });
      return { table: work.table.table, ...run };
    });
    output.table(
      ['table', 'files listed', 'too young', 'orphans', 'bytes', 'deleted'],
      tables.map(({ table, listed, young, orphans, orphanBytes, deleted }) => [
        table,
        ...[listed, young, orphans, orphanBytes, deleted].map(counted),
      ]),
      { rightAligned: [1, 2, 3, 4, 5] },
    );
    for (const uri of tables.flatMap(({ examples }) => examples)) output.line(`  ${uri}`);
    const isNothing = tables.every(({ orphans }) => orphans === 0);
    if (isNothing)
      output.line('Nothing to delete: every file is named by something, or too young.');
    else if (dryRun) output.line('Nothing was deleted; --yes deletes them.');
    output.result({ ok: true, dryRun, tables });
    return 0;
  },
};
