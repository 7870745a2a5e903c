import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import { decodeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createGlueService } from '#embedded/glue/glue-service.ts';
import { openS3Service } from '#embedded/s3/s3-service.ts';

/**
 * Runs a query of DuckDB's own over a table's live Parquet files, read from the local cloud's folders
 * while no local cloud is up: no endpoint, no Athena, no ledger of ours is asked. The table is named `t`.
 */
export async function queryLakeOnDisk(
  stateDir: string,
  table: { readonly database: string; readonly name: string },
  sql: string,
): Promise<readonly Record<string, unknown>[]> {
  const services = path.join(stateDir, 'local', 'services');
  const s3 = openS3Service({ stateDir: path.join(services, 's3'), nowMs: Date.now });
  const glue = createGlueService({ stateDir: path.join(services, 'glue'), s3 });
  try {
    const view = glue.getTable(table.database, table.name);
    if (view === null) throw new Error(`${table.database}.${table.name}: no such table on disk`);
    const read = async (location: string): Promise<Uint8Array> => {
      const { bucket, key } = bucketAndKey(location);
      const body = await s3.getObject(bucket, key);
      if (body === null) throw new Error(`${location}: named by the table, missing on disk`);
      return body;
    };
    const metadata = decodeTableMetadata(await read(view.metadataLocation));
    const { files } = await planScan({ read }, metadata);
    const paths = files.map(({ filePath }) => {
      const { bucket, key } = bucketAndKey(filePath);
      const file = s3.objectFile(bucket, key);
      if (file === null) throw new Error(`${filePath}: named by the table, missing on disk`);
      return file.path;
    });
    return await queryParquet(paths, sql);
  } finally {
    await glue.close();
    await s3.close();
  }
}

async function queryParquet(
  paths: readonly string[],
  sql: string,
): Promise<readonly Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const list = paths.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
    if (paths.length === 0) return [];
    await connection.run(
      `CREATE TABLE t AS SELECT * FROM read_parquet([${list}], union_by_name = true)`,
    );
    const result = await connection.runAndReadAll(sql);
    return result.getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function bucketAndKey(uri: string): { readonly bucket: string; readonly key: string } {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  return { bucket, key };
}
