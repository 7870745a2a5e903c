import { expireTable } from '#app/maintain/expire-table.ts';
import { booleanOption, type Command } from '../command.ts';
import { counted, DRY_RUN_OPTION, eachTable } from '../tables/each-table.ts';

export const tablesExpire: Command = {
  name: 'tables expire',
  summary: 'drop snapshots and tags that have had their time, and the files only they named',
  usage: '<domain> [<table>] [--dry-run] [--json]',
  options: DRY_RUN_OPTION,
  positionals: { min: 1, max: 2 },
  async run(context) {
    const { output } = context;
    const isDry = booleanOption(context, 'dry-run');
    const tables = await eachTable(context, async ({ access, table, deadlineMs }) => {
      const run = await expireTable(access, table, { dryRun: isDry, deadlineMs });
      return { table: table.table, ...run };
    });
    output.table(
      ['table', 'snapshots', 'files', 'deleted', 'complete', 'tags and branches'],
      tables.map(({ table, snapshots, refs, files, deleted, isComplete }) => [
        table,
        counted(snapshots),
        counted(files),
        counted(deleted),
        isComplete ? 'yes' : 'no',
        refs.join(', '),
      ]),
      { rightAligned: [1, 2, 3] },
    );
    const isNothing = tables.every(({ snapshots, refs }) => snapshots === 0 && refs.length === 0);
    if (isNothing) output.line('Nothing has had its time.');
    else if (isDry) output.line('Nothing was changed; without --dry-run it is.');
    output.result({ ok: true, dryRun: isDry, tables });
    return 0;
  },
};
