import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { loadTable } from '#app/load-table.ts';
import { type MaintenanceRun, ORPHANS_REMOVED_PROPERTY } from '#app/maintain/maintain-domain.ts';
import { type UpdateDeps, updateTable } from '#app/update-table.ts';
import { stagingTableOf, workGroupOf } from '#cli/stack-outputs.ts';
import { type Domain, databaseName, type MaintenanceSettings } from '#core/config/project.ts';
import { currentSnapshot } from '#core/iceberg/spec/table-metadata.ts';
import { removeProperties } from '#core/iceberg/transaction/set-properties.ts';
import { setSnapshotRef } from '#core/iceberg/transaction/snapshot-refs.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openTableAdmin } from '#runtime/table-admin.ts';
import type { LocalDeployment } from './local-deployment.ts';

/** Longer than a batch takes from its first file to its link. */
const ORPHAN_AGE_MS = 5_000;
const TAG = 'privilege';
const MAX_ATTEMPTS = 5;

/** Its own schedule stays out of the way. */
export function eagerMaintenance(domain: Domain): MaintenanceSettings {
  return { ...domain.maintenance, everyMinutes: 1_440, orphanAgeMs: ORPHAN_AGE_MS };
}

/** Every table gets a tag that has had its time and a file that nothing names: both must be gone after a run. */
export async function driveMaintenance(
  deployment: LocalDeployment,
  domainName: string,
  functionName: string,
): Promise<void> {
  const { clients, cloud } = deployment;
  const { outputs } = cloud.health();
  const admin = openTableAdmin(localTarget(cloud.endpoint), {
    workGroup: workGroupOf(outputs),
    stagingTable: stagingTableOf(outputs),
  });
  const left = new Map(tablesOf(deployment, domainName).map((ident) => [ident.table, ident]));
  try {
    for (let attempt = 1; left.size > 0; attempt++) {
      const run = await runOnce(admin, [...left.values()], () => invoke(clients, functionName));
      for (const { table, expiry, orphans } of run.tables) {
        if (expiry?.refs.includes(TAG) && (orphans?.deleted ?? 0) > 0) left.delete(table);
      }
      if (attempt < MAX_ATTEMPTS || left.size === 0) continue;
      throw new Error(`${functionName} left work in ${[...left.keys()]}: ${JSON.stringify(run)}`);
    }
  } finally {
    admin.close();
  }
}

/** A commit between tag and run, from a schedule, takes the tag away as well: then the table has another turn. */
async function runOnce(
  deps: UpdateDeps,
  idents: readonly TableIdent[],
  invoked: () => Promise<MaintenanceRun>,
): Promise<MaintenanceRun> {
  for (const ident of idents) await putOrphan(deps, ident);
  await sleep(ORPHAN_AGE_MS + 1_000);
  for (const ident of idents) await tagExpired(deps, ident);
  return await invoked();
}

async function invoke(
  { lambda }: LocalDeployment['clients'],
  functionName: string,
): Promise<MaintenanceRun> {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: functionName }));
  const payload = Buffer.from(answer.Payload ?? []).toString();
  if (answer.FunctionError !== undefined) throw new Error(`${functionName}: ${payload}`);
  return JSON.parse(payload) as MaintenanceRun;
}

function tablesOf({ deployed }: LocalDeployment, domainName: string): readonly TableIdent[] {
  const { domains, environment } = deployed.project;
  const streams = domains.find(({ name }) => name === domainName)?.streams ?? [];
  const database = databaseName(environment.name, domainName, 'bronze');
  return [...streams.map(({ name }) => name), REJECTED_TABLE].map((table) => ({ database, table }));
}

async function putOrphan(deps: UpdateDeps, ident: TableIdent): Promise<void> {
  const { metadata } = await loadTable(deps, ident);
  await deps.store.put(`${metadata.location}/data/orphan.parquet`, Buffer.from('orphan'));
}

async function tagExpired(deps: UpdateDeps, ident: TableIdent): Promise<void> {
  await updateTable(deps, ident, (metadata) => {
    const snapshotId = currentSnapshot(metadata)?.['snapshot-id'];
    if (snapshotId === undefined) throw new Error(`${ident.table} has no row`);
    // The orphans of a day are removed once: this one is to be done again.
    const again = removeProperties(metadata, [ORPHANS_REMOVED_PROPERTY]);
    return setSnapshotRef(again, TAG, { type: 'tag', snapshotId, maxRefAgeMs: 1 });
  });
}
