import type { Command } from '../command.ts';
import { integerOption } from '../command.ts';
import { printSnapshots, readSnapshots } from '../table-history.ts';
import { withTable } from '../tables/with-table.ts';

const DEFAULT_LIMIT = 20;

export const tablesHistory: Command = {
  name: 'tables history',
  summary: 'when each commit of a table came, what it added, and how far it read its sources',
  usage: '<table> [--limit <n>] [--json]',
  options: {
    limit: {
      type: 'string',
      value: '<n>',
      description: `commits shown, the newest ones (default: ${DEFAULT_LIMIT})`,
    },
  },
  positionals: { min: 1, max: 1 },
  run: (context) => {
    const limit = integerOption(context, 'limit', { default: DEFAULT_LIMIT, min: 1, max: 100_000 });
    return withTable(context, async ({ admin, ident }) => {
      const lines = await readSnapshots(admin.queries, ident);
      printSnapshots(context.output, ident, lines, { limit });
      context.output.result({ ok: true, ...ident, snapshots: lines });
      return 0;
    });
  },
};
