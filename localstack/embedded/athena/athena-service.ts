import { rmSync } from 'node:fs';
import path from 'node:path';
import { serveJson } from '../gateway/json-protocol.ts';
import type { AthenaService, GlueService, S3Service } from '../services.ts';
import { openExecutionStore } from './executions/execution-store.ts';
import { catalogOperations } from './operations/catalog-operations.ts';
import { queryOperations } from './operations/query-operations.ts';
import { createWorkGroups } from './operations/work-group-operations.ts';
import { createQueryExecutions } from './query-executions.ts';

export interface AthenaOptions {
  /** Folder of this service alone. */
  readonly stateDir: string;
  readonly glue: Pick<GlueService, 'listDatabases' | 'listTables' | 'getTable'>;
  readonly s3: Pick<S3Service, 'getObject' | 'hasBucket' | 'objectFile' | 'putObject'>;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
  /** Memory one query may use before it spills to disk. */
  readonly memoryLimitMb?: number;
}

/** Queries that run at once; each has threads and memory of its own. */
const CONCURRENT_QUERIES = 2;
const ENGINE_THREADS = 2;
const DEFAULT_MEMORY_LIMIT_MB = 512;

/**
 * Amazon Athena for queries over Iceberg tables: its SQL, answered by DuckDB over the files of the
 * emulated S3. Throws when the state folder holds something this service did not write.
 */
export function createAthenaService(options: AthenaOptions): AthenaService {
  const nowMs = options.nowMs ?? Date.now;
  const services = { glue: options.glue, s3: options.s3 };
  const executions = openExecutionStore(path.join(options.stateDir, 'executions'));
  const workGroups = createWorkGroups({
    file: path.join(options.stateDir, 'primary-work-group.json'),
    nowMs,
  });
  const spillDir = path.join(options.stateDir, 'spill');
  // What a killed process left behind.
  rmSync(spillDir, { recursive: true, force: true });
  const queries = createQueryExecutions({
    services,
    executions,
    nowMs,
    concurrency: CONCURRENT_QUERIES,
    engine: {
      spillDir,
      memoryLimitMb: options.memoryLimitMb ?? DEFAULT_MEMORY_LIMIT_MB,
      threads: ENGINE_THREADS,
    },
    scanLimitBytes: (name) => workGroups.require(name).scanLimitBytes,
  });
  const operations = {
    ...queryOperations({
      executions,
      workGroups,
      services,
      nowMs,
      submit: queries.submit,
      cancel: queries.cancel,
    }),
    ...workGroups.operations,
    ...catalogOperations(services),
  };
  return {
    ensureWorkGroup: workGroups.ensure,
    workGroupOf: (id) => executions.get(id)?.workGroup ?? null,
    handle: (request, response) =>
      serveJson(operations, request, { response, contentType: 'application/x-amz-json-1.1' }),
    close: queries.close,
  };
}
