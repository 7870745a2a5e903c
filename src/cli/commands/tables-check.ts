import { type CheckedTable, checkStoredTable } from '#app/check-stored-table.ts';
import { databaseName, opsDatabaseName } from '#core/config/project.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { type LakeAccess, openLake } from '#runtime/lake-access.ts';
import { loadProject } from '#runtime/load-project.ts';
import type { Command, CommandContext } from '../command.ts';
import { openLocalCloud } from '../local-cloud.ts';
import type { ProgressBar } from '../output.ts';
import { workGroupOf } from '../stack-outputs.ts';
import { findTable } from '../table-history.ts';

/** Problems printed per table; `--json` has them all. */
const PRINTED_PROBLEMS = 20;

export const tablesCheck: Command = {
  name: 'tables check',
  summary: 'check every file of every table against the letter of the Iceberg specification',
  usage: '[<table>] [--json]',
  options: {},
  positionals: { min: 0, max: 1 },
  async run(context) {
    const { project } = loadProject({ root: context.root, environment: 'local' });
    const environment = project.environment.name;
    const databases = [
      ...project.domains.map(({ name }) => databaseName(environment, name, 'bronze')),
      opsDatabaseName(environment),
    ];
    const cloud = await openLocalCloud(context, { port: 0 });
    const lake = openLake(localTarget(cloud.endpoint), { workGroup: workGroupOf(cloud.outputs) });
    try {
      const checked: CheckedTable[] = [];
      for (const ident of await wantedTables(context, lake, databases)) {
        if (context.signal.aborted) break;
        checked.push(await checkWithProgress(context, lake, ident));
      }
      print(context, checked);
      const isSound = checked.every(({ problems }) => problems.length === 0);
      context.output.result({ ok: isSound, tables: checked });
      return isSound ? 0 : 1;
    } finally {
      lake.close();
      await cloud.close();
    }
  },
};

async function wantedTables(
  context: CommandContext,
  { catalog }: LakeAccess,
  databases: readonly string[],
): Promise<readonly TableIdent[]> {
  const [name] = context.positionals;
  if (name !== undefined) return [await findTable(catalog, databases, name)];
  return (await Promise.all(databases.map((database) => catalog.list(database)))).flat();
}

async function checkWithProgress(
  { output }: CommandContext,
  lake: LakeAccess,
  ident: TableIdent,
): Promise<CheckedTable> {
  // The total is known only once the metadata is read.
  const progress: { bar?: ProgressBar } = {};
  try {
    return await checkStoredTable(lake, ident, {
      onProgress: (done, estimate) => {
        progress.bar ??= output.progress(ident.table, estimate, { estimated: true });
        progress.bar.update(done);
      },
    });
  } finally {
    progress.bar?.stop();
  }
}

function print({ output }: CommandContext, checked: readonly CheckedTable[]): void {
  output.table(
    ['database', 'table', 'snapshots', 'files read', 'problems'],
    checked.map(({ database, table, snapshots, filesRead, problems }) => [
      database,
      table,
      ...[snapshots, filesRead, problems.length].map((n) => n.toLocaleString('en-US')),
    ]),
    { rightAligned: [2, 3, 4] },
  );
  for (const { database, table, problems } of checked) {
    for (const { where, message } of problems.slice(0, PRINTED_PROBLEMS)) {
      output.problem(`${database}.${table}: ${where}: ${message}`);
    }
    const more = problems.length - PRINTED_PROBLEMS;
    if (more > 0)
      output.problem(`${database}.${table}: ${more} more problems; --json has them all`);
  }
}
