import { randomUUID } from 'node:crypto';
import { AwsError, type JsonOperation } from '../../gateway/json-protocol.ts';
import type { S3Service } from '../../services.ts';
import { CATALOG_NAME, parseUri } from '../catalog/lake-catalog.ts';
import { describeExecution, type ExecutionRecord } from '../executions/execution-record.ts';
import type { ExecutionStore } from '../executions/execution-store.ts';
import { readRows } from '../executions/result-file.ts';
import { columnInfo } from '../result-format.ts';
import { classifyStatement } from '../statement-router.ts';
import {
  type Input,
  invalidRequest,
  optionalString,
  optionalStrings,
  optionalStructure,
  pageOf,
  pageSize,
  pageStart,
  refuseUnknownMembers,
  requiredString,
} from './invalid-request.ts';
import type { WorkGroups } from './work-group-operations.ts';

/** Longest statement. Source: Amazon Athena user guide, Service Quotas. */
const MAX_QUERY_BYTES = 262_144;
const MAX_RESULT_PAGE = 1000;
const MAX_LIST_PAGE = 50;

export interface QueryOperationDeps {
  readonly executions: ExecutionStore;
  readonly workGroups: WorkGroups;
  readonly s3: Pick<S3Service, 'objectFile'>;
  readonly nowMs: () => number;
  /** Queues a recorded execution. */
  readonly submit: (record: ExecutionRecord) => void;
  /** Ends an execution that has not ended. */
  readonly cancel: (record: ExecutionRecord) => void;
}

/** Source: Amazon Athena API, query operations. */
export function queryOperations(deps: QueryOperationDeps): Readonly<Record<string, JsonOperation>> {
  const { executions, nowMs } = deps;
  const find = (input: Input): ExecutionRecord => findExecution(executions, input);
  return {
    StartQueryExecution: (input) => startQuery(input, deps),
    GetQueryExecution: (input) => ({ QueryExecution: describeExecution(find(input), nowMs()) }),
    BatchGetQueryExecution(input) {
      const ids = optionalStrings(input, 'QueryExecutionIds');
      const found = ids.map((id) => executions.get(id));
      const missing = ids.filter((_, index) => found[index] === null);
      return {
        QueryExecutions: found.flatMap((record) =>
          record === null ? [] : [describeExecution(record, nowMs())],
        ),
        UnprocessedQueryExecutionIds: missing.map((id) => ({
          QueryExecutionId: id,
          ErrorCode: 'INVALID_QUERY_EXECUTION_ID',
          ErrorMessage: `QueryExecution ${id} was not found`,
        })),
      };
    },
    GetQueryResults: (input) => getResults(find(input), input, deps),
    StopQueryExecution(input) {
      const record = find(input);
      if (record.completedMs === null) deps.cancel(record);
      return {};
    },
    ListQueryExecutions(input) {
      refuseUnknownMembers(input, ['WorkGroup', 'NextToken', 'MaxResults'], 'ListQueryExecutions');
      const workGroup = optionalString(input, 'WorkGroup') ?? 'primary';
      const ids = executions
        .list()
        .filter((record) => record.workGroup === workGroup)
        .map((record) => record.id)
        .reverse();
      const { page, nextToken } = pageOf(ids, input, MAX_LIST_PAGE);
      return { QueryExecutionIds: page, NextToken: nextToken };
    },
  };
}

function findExecution(executions: ExecutionStore, input: Input): ExecutionRecord {
  const id = requiredString(input, 'QueryExecutionId');
  const record = executions.get(id);
  if (record === null) throw invalidRequest(`QueryExecution ${id} was not found`);
  return record;
}

const START_MEMBERS = [
  'QueryString',
  'ClientRequestToken',
  'QueryExecutionContext',
  'ResultConfiguration',
  'WorkGroup',
  'ExecutionParameters',
  'ResultReuseConfiguration',
];

function startQuery(input: Input, deps: QueryOperationDeps): unknown {
  refuseUnknownMembers(input, START_MEMBERS, 'StartQueryExecution');
  refuseResultReuse(input);
  const record = newRecord(input, deps);
  const earlier = record.clientToken === null ? null : deps.executions.byToken(record.clientToken);
  if (earlier !== null) {
    const same =
      earlier.sql === record.sql &&
      earlier.workGroup === record.workGroup &&
      earlier.database === record.database;
    if (!same) throw invalidRequest('Idempotent parameters do not match');
    return { QueryExecutionId: earlier.id };
  }
  deps.executions.put(record);
  deps.submit(record);
  return { QueryExecutionId: record.id };
}

/** Drivers send the structure to switch reuse off. */
function refuseResultReuse(input: Input): void {
  const reuse = optionalStructure(input, 'ResultReuseConfiguration');
  const byAge = optionalStructure(reuse, 'ResultReuseByAgeConfiguration');
  if (byAge['Enabled'] === true) {
    throw invalidRequest('the local cloud does not emulate the reuse of query results');
  }
}

function newRecord(input: Input, deps: QueryOperationDeps): ExecutionRecord {
  const sql = requiredString(input, 'QueryString');
  if (Buffer.byteLength(sql, 'utf8') > MAX_QUERY_BYTES) {
    throw invalidRequest(`Query string exceeds the limit of ${MAX_QUERY_BYTES} bytes`);
  }
  const context = optionalStructure(input, 'QueryExecutionContext');
  const catalog = optionalString(context, 'Catalog') ?? 'AwsDataCatalog';
  if (catalog.toLowerCase() !== CATALOG_NAME) throw invalidRequest(`Catalog ${catalog} not found`);
  const workGroup = deps.workGroups.require(optionalString(input, 'WorkGroup') ?? 'primary');
  const kind = classifyStatement(sql);
  const id = randomUUID();
  return {
    id,
    sql,
    ...kind,
    catalog,
    database: optionalString(context, 'Database')?.toLowerCase() ?? null,
    workGroup: workGroup.name,
    // The workgroup's configuration is enforced: a location in the request is overridden, as AWS does.
    outputUri: `${workGroup.outputLocation.replace(/\/+$/, '')}/${id}.${kind.resultFormat}`,
    parameters: optionalStrings(input, 'ExecutionParameters'),
    clientToken: optionalString(input, 'ClientRequestToken'),
    state: 'QUEUED',
    reason: null,
    error: null,
    submittedMs: deps.nowMs(),
    startedMs: null,
    completedMs: null,
    scannedBytes: 0,
    columns: [],
  };
}

async function getResults(
  record: ExecutionRecord,
  input: Input,
  deps: QueryOperationDeps,
): Promise<unknown> {
  const members = ['QueryExecutionId', 'NextToken', 'MaxResults', 'QueryResultType'];
  refuseUnknownMembers(input, members, 'GetQueryResults');
  if ((optionalString(input, 'QueryResultType') ?? 'DATA_ROWS') !== 'DATA_ROWS') {
    throw invalidRequest('the local cloud does not emulate data manifests');
  }
  requireResult(record);
  const { bucket, key } = parseUri(record.outputUri);
  const file = deps.s3.objectFile(bucket, key);
  if (file === null) throw invalidRequest('Could not find results');
  const { rows, nextOffset } = await readRows(file.path, pageStart(input), {
    format: record.resultFormat,
    limit: pageSize(input, MAX_RESULT_PAGE),
  });
  return {
    UpdateCount: 0,
    ResultSet: {
      Rows: rows.map((row) => ({
        Data: row.map((value) => (value === null ? {} : { VarCharValue: value })),
      })),
      ResultSetMetadata: {
        ColumnInfo: record.columns.map(({ name, type }) => columnInfo(name, type)),
      },
    },
    NextToken: nextOffset === null ? undefined : String(nextOffset),
  };
}

function requireResult({ state }: ExecutionRecord): void {
  if (state === 'SUCCEEDED') return;
  const messages: Readonly<Record<string, string>> = {
    FAILED: 'Query did not finish successfully. Final query state: FAILED',
    CANCELLED: 'Could not find results',
  };
  throw new AwsError(
    'InvalidRequestException',
    messages[state] ?? `Query has not yet finished. Current state: ${state}`,
  );
}
