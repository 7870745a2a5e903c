import { databaseName, opsDatabaseName } from '#core/config/project.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { loadProject } from '#runtime/load-project.ts';
import { openTableAdmin, type TableAdmin } from '#runtime/table-admin.ts';
import type { CommandContext } from '../command.ts';
import { openLocalCloud } from '../local-cloud.ts';
import { stagingTableOf, workGroupOf } from '../stack-outputs.ts';
import { findTable } from '../table-history.ts';

/** The table that a command was given, and the way to it. */
export interface NamedTable {
  readonly admin: TableAdmin;
  readonly ident: TableIdent;
  /** Null for a table of the platform itself: no source is read into it. */
  readonly domain: string | null;
}

/** Opens the local cloud and finds the table of the first argument; everything is closed afterwards. */
export async function withTable(
  context: CommandContext,
  work: (table: NamedTable) => Promise<number>,
): Promise<number> {
  const { project } = loadProject({ root: context.root, environment: 'local' });
  const environment = project.environment.name;
  const domains = new Map(
    project.domains.map(({ name }) => [databaseName(environment, name, 'bronze'), name]),
  );
  const databases = [...domains.keys(), opsDatabaseName(environment)];
  const cloud = await openLocalCloud(context, { port: 0 });
  try {
    const admin = openTableAdmin(localTarget(cloud.endpoint), {
      workGroup: workGroupOf(cloud.outputs),
      stagingTable: stagingTableOf(cloud.outputs),
    });
    try {
      const ident = await findTable(admin.catalog, databases, context.positionals[0] ?? '');
      return await work({ admin, ident, domain: domains.get(ident.database) ?? null });
    } finally {
      admin.close();
    }
  } finally {
    await cloud.close();
  }
}
