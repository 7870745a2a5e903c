import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { currentSchema } from '#core/iceberg/spec/table-metadata.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableFacts } from './read-with-athena.ts';

/** Copies a table's objects below a folder, for readers of local files; gives how many. */
export async function exportTable(
  store: ObjectStore,
  location: string,
  folder: string,
): Promise<number> {
  let objects = 0;
  for await (const { uri } of store.list(`${location}/`)) {
    const file = path.join(folder, uri.slice(location.length + 1));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, await store.get(uri));
    objects++;
  }
  return objects;
}

/** Rows, nulls and distinct values of top-level columns as DuckDB reads them off the exported data files. */
export async function compareWithDuckDb(
  store: ObjectStore,
  table: { readonly metadata: TableMetadata; readonly folder: string; readonly facts: TableFacts },
): Promise<readonly string[]> {
  const { metadata, folder, facts } = table;
  const { files } = await planScan({ read: (uri) => store.get(uri) }, metadata);
  const names = files.map(({ filePath }) =>
    path.join(folder, filePath.slice(metadata.location.length + 1)),
  );
  const columns = currentSchema(metadata).fields.filter(({ name }) => facts[name] !== undefined);
  const selected = columns.flatMap(({ name }) => [
    `count(*) FILTER ("${name}" IS NULL)`,
    `count(DISTINCT "${name}")`,
  ]);
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const listed = names.map((name) => `'${name.replaceAll("'", "''")}'`).join(', ');
  const reader = await connection.runAndReadAll(
    `SELECT ${selected.join(', ')} FROM read_parquet([${listed}], union_by_name = true, hive_partitioning = false)`,
  );
  const [row = []] = reader.getRows();
  connection.closeSync();
  instance.closeSync();
  return columns.flatMap(({ name }, index) => {
    const [nulls, distinct] = [Number(row[index * 2]), Number(row[index * 2 + 1])];
    const fact = facts[name];
    // DuckDB counts -0 and 0 as one value; the facts tell them apart.
    const same =
      fact?.nulls === nulls && distinct <= fact.distinct && fact.distinct - distinct <= 1;
    return same
      ? []
      : [`${name}: Athena ${JSON.stringify(fact)}, DuckDB ${nulls} nulls, ${distinct} distinct`];
  });
}
