import { loadTable } from '#app/load-table.ts';
import type { ReadCheckpoint } from '#app/read-user-records.ts';
import { databaseName, opsDatabaseName, type Project } from '#core/config/project.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import { readLedgerCursor } from '#core/ledger/ledger-cursor-codec.ts';
import { LEDGER_TABLE } from '#core/ledger/ledger-table.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import type { LakeAccess } from '#runtime/lake-access.ts';

type Lake = Pick<LakeAccess, 'catalog' | 'store'>;

/** Events off the streams that the writers have given their place, as their commits state them; rows of files apart. */
export async function countTakenIn(lake: Lake, project: Project): Promise<number> {
  const tables = project.domains.flatMap(({ name, streams }) => {
    const database = databaseName(project.environment.name, name, 'bronze');
    return [...streams.map((stream) => stream.name), REJECTED_TABLE].map((table) => ({
      database,
      table,
    }));
  });
  let events = 0;
  for (const ident of tables) {
    const { metadata } = await loadTable(lake, ident);
    for (const [source, { counts }] of readSourceStates(metadata)) {
      if (!source.startsWith('file:')) events += counts.received;
    }
  }
  return events;
}

/** Last sequence number per shard that the ledger has counted: what is produced from now on comes after. */
export async function countedPositions(lake: Lake, project: Project): Promise<ReadCheckpoint> {
  const database = opsDatabaseName(project.environment.name);
  const { metadata } = await loadTable(lake, { database, table: LEDGER_TABLE });
  return Object.fromEntries(
    project.domains.flatMap(({ name }) =>
      [...readLedgerCursor(metadata, name).shards].flatMap(([source, { sequence }]) =>
        sequence === null ? [] : [[source, sequence]],
      ),
    ),
  );
}
