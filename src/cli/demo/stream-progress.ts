import { loadTable } from '#app/load-table.ts';
import type { ReadCheckpoint } from '#app/read-user-records.ts';
import { databaseName, opsDatabaseName, type Project } from '#core/config/project.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import { readLedgerCursor } from '#core/ledger/ledger-cursor-codec.ts';
import { LEDGER_TABLE } from '#core/ledger/ledger-table.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import type { LakeAccess } from '#runtime/lake-access.ts';

type Lake = Pick<LakeAccess, 'catalog' | 'store'>;

/** Events of a domain that the writer has given their place, as its commits state them. */
export async function countTakenIn(lake: Lake, project: Project, domain: string): Promise<number> {
  const database = databaseName(project.environment.name, domain, 'bronze');
  const streams = project.domains.find(({ name }) => name === domain)?.streams ?? [];
  let events = 0;
  for (const table of [...streams.map(({ name }) => name), REJECTED_TABLE]) {
    const { metadata } = await loadTable(lake, { database, table });
    for (const { counts } of readSourceStates(metadata).values()) events += counts.received;
  }
  return events;
}

/** Last sequence number per shard that the ledger has counted: what is produced from now on comes after. */
export async function countedPositions(
  lake: Lake,
  project: Project,
  domain: string,
): Promise<ReadCheckpoint> {
  const database = opsDatabaseName(project.environment.name);
  const { metadata } = await loadTable(lake, { database, table: LEDGER_TABLE });
  const { shards } = readLedgerCursor(metadata, domain);
  return Object.fromEntries(
    [...shards].flatMap(([shardId, { sequence }]) =>
      sequence === null ? [] : [[shardId, sequence]],
    ),
  );
}
