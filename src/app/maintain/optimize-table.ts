import type { QueryEngine } from '#ports/query-engine.ts';
import type { TableIdent } from '#ports/table-catalog.ts';

/** A VACUUM ends after 1,000 files with this error, and wants to be sent again. Source: Athena, "VACUUM". */
const MORE_RUNS = /ICEBERG_VACUUM_MORE_RUNS_NEEDED/;
const MAX_VACUUMS = 20;

/**
 * Leaves a table to Athena: small files by OPTIMIZE, old snapshots and files that nothing names by VACUUM. VACUUM takes both by one
 * age, which therefore has to be that of orphans: a staged file is one that nothing names yet.
 * Throws QUERY_FAILED. Source: Athena user guide, "OPTIMIZE", "VACUUM", "Iceberg table properties".
 */
export async function optimizeTable(
  queries: QueryEngine,
  { database, table }: TableIdent,
  options: { readonly snapshotAgeMs: number },
): Promise<void> {
  const seconds = Math.floor(options.snapshotAgeMs / 1000);
  const run = (sql: string) => queries.query(sql, { database });
  await run(
    `ALTER TABLE \`${table}\` SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='${seconds}')`,
  );
  await run(`OPTIMIZE "${table}" REWRITE DATA USING BIN_PACK`);
  for (let vacuums = 1; ; vacuums++) {
    try {
      await run(`VACUUM \`${table}\``);
      return;
    } catch (error) {
      const wantsMore = error instanceof Error && MORE_RUNS.test(error.message);
      if (!wantsMore) throw error;
      if (vacuums === MAX_VACUUMS) return;
    }
  }
}
