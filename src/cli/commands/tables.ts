import { describeTables } from '#app/describe-tables.ts';
import { databaseName, opsDatabaseName } from '#core/config/project.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { type LakeAccess, openLake } from '#runtime/lake-access.ts';
import { loadProject } from '#runtime/load-project.ts';
import {
  type Command,
  type CommandContext,
  integerOption,
  stringOption,
  usageError,
} from '../command.ts';
import { openLocalCloud } from '../local-cloud.ts';
import { workGroupOf } from '../stack-outputs.ts';
import {
  findTable,
  printFiles,
  printSnapshots,
  readFiles,
  readSnapshots,
} from '../table-history.ts';

const DEFAULT_LIMIT = 20;

export const tables: Command = {
  name: 'tables',
  summary: 'list the local tables with rows, snapshots, files and bytes, or the history of one',
  usage: '[--snapshots <table> | --files <table>] [--limit <n>] [--json]',
  options: {
    snapshots: {
      type: 'string',
      value: '<table>',
      description: 'when each commit came, what it added, and how far it read its sources',
    },
    files: { type: 'string', value: '<table>', description: 'the data files of one table' },
    limit: {
      type: 'string',
      value: '<n>',
      description: `snapshots or files shown, the newest ones (default: ${DEFAULT_LIMIT})`,
    },
  },
  async run(context) {
    const { project } = loadProject({ root: context.root, environment: 'local' });
    const environment = project.environment.name;
    const databases = [
      ...project.domains.map(({ name }) => databaseName(environment, name, 'bronze')),
      opsDatabaseName(environment),
    ];
    const snapshots = stringOption(context, 'snapshots');
    const files = stringOption(context, 'files');
    if (snapshots !== undefined && files !== undefined) {
      throw usageError(tables, 'got --snapshots and --files, expected one of them');
    }
    const limit = integerOption(context, 'limit', { default: DEFAULT_LIMIT, min: 1, max: 100_000 });
    const cloud = await openLocalCloud(context, { port: 0 });
    const lake = openLake(localTarget(cloud.endpoint), { workGroup: workGroupOf(cloud.outputs) });
    try {
      if (snapshots !== undefined) {
        const ident = await findTable(lake.catalog, databases, snapshots);
        const lines = await readSnapshots(lake.queries, ident);
        printSnapshots(context.output, ident, lines, { limit });
        context.output.result({ ...ident, snapshots: lines });
      } else if (files !== undefined) {
        const ident = await findTable(lake.catalog, databases, files);
        const lines = await readFiles(lake.queries, ident);
        printFiles(context.output, ident, lines, { limit });
        context.output.result({ ...ident, files: lines });
      } else {
        await listTables(context, lake, databases);
      }
      return 0;
    } finally {
      lake.close();
      await cloud.close();
    }
  },
};

async function listTables(
  { output }: CommandContext,
  lake: LakeAccess,
  databases: readonly string[],
): Promise<void> {
  const described = await describeTables(lake, databases);
  output.table(
    ['database', 'table', 'rows', 'snapshots', 'files', 'bytes'],
    described.map((table) => [
      table.database,
      table.table,
      ...[table.rows, table.snapshots, table.files, table.bytes].map((n) =>
        n.toLocaleString('en-US'),
      ),
    ]),
    { rightAligned: [2, 3, 4, 5] },
  );
  output.result({ tables: described });
}
