import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createAthenaQueryEngine } from '#adapters/aws/athena-query-engine.ts';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { commitTable, type StagedChange } from '#app/commit-table.ts';
import { stageRows } from '#app/stage-rows.ts';
import {
  decodeTableMetadata,
  serializeTableMetadata,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import { createAthenaService } from '#embedded/athena/athena-service.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createGlueService } from '#embedded/glue/glue-service.ts';
import { openS3Service } from '#embedded/s3/s3-service.ts';
import type { AthenaService, EmbeddedS3Service, GlueService } from '#embedded/services.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { QueryEngine, QueryResult } from '#ports/query-engine.ts';
import {
  createAthenaClient,
  createGlueClient,
  createS3Client,
  localTarget,
} from '#runtime/aws-clients.ts';
import { seededRandom } from '#test/core/iceberg/fixed-world.ts';

export const WORK_GROUP = 'main';
export const RESULTS = 's3://results/athena';

/** S3, Glue and Athena behind the gateway, with clients of the SDK. */
export interface Lake {
  readonly folder: string;
  readonly endpoint: string;
  readonly s3: EmbeddedS3Service;
  readonly glue: GlueService;
  readonly athena: AthenaService;
  readonly store: ObjectStore;
  readonly engine: QueryEngine;
  readonly clients: {
    readonly athena: ReturnType<typeof createAthenaClient>;
    readonly glue: ReturnType<typeof createGlueClient>;
    readonly s3: ReturnType<typeof createS3Client>;
  };
  /** Creates a table of the database `market` as a template would. */
  createTable(table: TableInput): Promise<void>;
  /** Appends rows in one commit; gives the table afterwards. */
  append(
    table: string,
    rows: readonly Row[],
    change?: Partial<StagedChange>,
  ): Promise<TableMetadata>;
  query(sql: string): Promise<QueryResult>;
  /** Replaces a table's metadata, as another engine would. */
  rewrite(table: string, change: (metadata: TableMetadata) => TableMetadata): Promise<void>;
  close(): Promise<void>;
}

export interface TableInput {
  readonly name: string;
  /** Column name to Iceberg type; a `!` at the end makes the column required. */
  readonly columns: Readonly<Record<string, string>>;
  /** Column name to transform. */
  readonly partition?: readonly (readonly [column: string, transform: string])[];
}

/** Without a folder a new one is made, and removed by `close`. */
export async function startLake(
  options: { readonly folder?: string; readonly scanLimitBytes?: number | null } = {},
): Promise<Lake> {
  const folder = options.folder ?? mkdtempSync(path.join(os.tmpdir(), 'sluice-lake-'));
  const s3 = openS3Service({ stateDir: path.join(folder, 's3'), nowMs: Date.now });
  for (const name of ['lake', 'results']) s3.ensureBucket({ name, versioned: false });
  const glue = createGlueService({ stateDir: path.join(folder, 'glue'), s3 });
  glue.ensureDatabase({ name: 'market' });
  const athena = createAthenaService({ stateDir: path.join(folder, 'athena'), s3, glue });
  athena.ensureWorkGroup({
    name: WORK_GROUP,
    outputLocation: RESULTS,
    scanLimitBytes: options.scanLimitBytes ?? null,
  });
  const gateway = await startGateway({
    port: 0,
    services: { s3, glue, athena },
    health: () => ({}),
  });
  const target = localTarget(gateway.endpoint);
  const clients = {
    athena: createAthenaClient(target),
    glue: createGlueClient(target),
    s3: createS3Client(target),
  };
  const store = createS3ObjectStore(clients.s3);
  const catalog = createGlueTableCatalog(clients.glue);
  const clock = {
    nowMs: () => Date.now(),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const engine = createAthenaQueryEngine(clients.athena, { workGroup: WORK_GROUP, clock });
  const random = seededRandom(Number(process.hrtime.bigint() % 1_000_000n));
  let commits = 0;
  return {
    folder,
    endpoint: gateway.endpoint,
    s3,
    glue,
    athena,
    store,
    engine,
    clients,
    createTable: (table) => glue.ensureIcebergTable(tableInput(table)),
    async append(table, rows, change = {}) {
      commits += 1;
      const range = {
        source: `test/${commits}`,
        first: { sequence: '0', subSequence: 0 },
        last: { sequence: String(rows.length), subSequence: 0 },
      };
      const outcome = await commitTable(
        { store, catalog, clock, random },
        { database: 'market', table },
        {
          build: async (base) => {
            const metadata = change.evolveSchema?.(base) ?? base;
            return {
              addFiles: await stageRows(store, metadata, { rows, range }),
              summary: {},
              ...change,
            };
          },
        },
      );
      return outcome.metadata;
    },
    query: (sql) => engine.query(sql, { database: 'market' }),
    async rewrite(table, change) {
      commits += 1;
      const ident = { database: 'market', table };
      const pointer = await catalog.load(ident);
      const metadata = change(decodeTableMetadata(await store.get(pointer.metadataLocation)));
      const metadataLocation = `${metadata.location}/metadata/rewritten-${commits}.metadata.json`;
      await store.put(metadataLocation, Buffer.from(serializeTableMetadata(metadata)));
      await catalog.swap(ident, pointer, { metadataLocation, metadata });
    },
    async close() {
      for (const client of Object.values(clients)) client.destroy();
      await gateway.close();
      await athena.close();
      await glue.close();
      await s3.close();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function tableInput(table: TableInput): Parameters<GlueService['ensureIcebergTable']>[0] {
  const names = Object.keys(table.columns);
  return {
    databaseName: 'market',
    name: table.name,
    icebergTableInput: {
      Location: `s3://lake/market/${table.name}`,
      Schema: {
        Type: 'struct',
        SchemaId: 0,
        Fields: Object.entries(table.columns).map(([name, type], index) => ({
          Id: index + 1,
          Name: name,
          Type: type.replace('!', ''),
          Required: type.endsWith('!'),
        })),
      },
      PartitionSpec: {
        SpecId: 0,
        Fields: (table.partition ?? []).map(([column, transform], index) => ({
          SourceId: names.indexOf(column) + 1,
          FieldId: 1000 + index,
          Name: `${column}_${transform.replace(/\W+/g, '')}`,
          Transform: transform,
        })),
      },
    },
  };
}
