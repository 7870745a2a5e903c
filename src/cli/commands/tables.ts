import { describeTables } from '#app/describe-tables.ts';
import { databaseName, opsDatabaseName } from '#core/config/project.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openLake } from '#runtime/lake-access.ts';
import { loadProject } from '#runtime/load-project.ts';
import type { Command } from '../command.ts';
import { openLocalCloud } from '../local-cloud.ts';
import { workGroupOf } from '../stack-outputs.ts';

export const tables: Command = {
  name: 'tables',
  summary: 'list the local tables with rows, snapshots, files and bytes',
  usage: '[--json]',
  options: {},
  async run(context) {
    const { output } = context;
    const { project } = loadProject({ root: context.root, environment: 'local' });
    const cloud = await openLocalCloud(context, { port: 0 });
    const lake = openLake(localTarget(cloud.endpoint), { workGroup: workGroupOf(cloud.outputs) });
    try {
      const environment = project.environment.name;
      const databases = [
        ...project.domains.map(({ name }) => databaseName(environment, name, 'bronze')),
        opsDatabaseName(environment),
      ];
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
      return 0;
    } finally {
      lake.close();
      await cloud.close();
    }
  },
};
