import type { AwsError, JsonOperation } from '../../gateway/json-protocol.ts';
import { parseUri } from '../catalog/lake-catalog.ts';
import { describeExecution, describeRuntime } from '../executions/describe-execution.ts';
import type { ExecutionRecord } from '../executions/execution-record.ts';
import type { ExecutionStore } from '../executions/execution-store.ts';
import { readRows } from '../executions/result-file.ts';
import { columnInfo, utilityColumnInfo } from '../result-format.ts';
import {
  type Input,
  invalidRequest,
  optionalString,
  optionalStrings,
  pageOf,
  pageSize,
  pageStart,
  refuseUnknownMembers,
  requiredString,
} from './invalid-request.ts';
import { type StartQueryDeps, startQuery } from './start-query.ts';
import { PRIMARY } from './work-group-operations.ts';

const MAX_RESULT_PAGE = 1000;
const MAX_LIST_PAGE = 50;

export interface QueryOperationDeps extends StartQueryDeps {
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
    GetQueryRuntimeStatistics: (input) => ({
      QueryRuntimeStatistics: describeRuntime(find(input), nowMs()),
    }),
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
    GetQueryResults: (input) => getResults(input, deps),
    StopQueryExecution(input) {
      const record = find(input);
      // Stopping what has ended succeeds and changes nothing.
      if (record.completedMs === null) deps.cancel(record);
      return {};
    },
    ListQueryExecutions(input) {
      refuseUnknownMembers(input, ['WorkGroup', 'NextToken', 'MaxResults'], 'ListQueryExecutions');
      const { name } = deps.workGroups.require(optionalString(input, 'WorkGroup') ?? PRIMARY);
      const ids = executions
        .list()
        .filter((record) => record.workGroup === name)
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
  if (record === null) {
    throw invalidRequest(`QueryExecution ${id} was not found`, 'QUERY_EXECUTION_NOT_FOUND');
  }
  return record;
}

/** What is wrong is told in Athena's order: bounds, id, page size, state, token. */
async function getResults(input: Input, deps: QueryOperationDeps): Promise<unknown> {
  const members = ['QueryExecutionId', 'NextToken', 'MaxResults', 'QueryResultType'];
  refuseUnknownMembers(input, members, 'GetQueryResults');
  if ((optionalString(input, 'QueryResultType') ?? 'DATA_ROWS') !== 'DATA_ROWS') {
    throw invalidRequest('the local cloud does not emulate data manifests');
  }
  const limit = pageSize(input) ?? MAX_RESULT_PAGE;
  const record = findExecution(deps.executions, input);
  if (limit > MAX_RESULT_PAGE) {
    throw invalidRequest(`MaxResults is more than maximum allowed length ${MAX_RESULT_PAGE}`);
  }
  requireResult(record);
  const start = pageStart(input, (token) => `Malformed nextPageToken ${token}`);
  const { bucket, key } = parseUri(record.outputUri);
  const file = await deps.services.s3.objectFile(bucket, key);
  if (file === null) throw noResult();
  const { rows, nextOffset } = await readRows(file.path, start, {
    format: record.resultFormat,
    limit,
  });
  const describe = record.statementType === 'UTILITY' ? utilityColumnInfo : columnInfo;
  return {
    // EXPLAIN counts nothing.
    ...(record.substatementType === 'EXPLAIN' ? {} : { UpdateCount: 0 }),
    ResultSet: {
      Rows: rows.map((row) => ({
        Data: row.map((value) => (value === null ? {} : { VarCharValue: value })),
      })),
      ResultSetMetadata: {
        ColumnInfo: record.columns.map(({ name, type }) => describe(name, type)),
      },
    },
    NextToken: nextOffset === null ? undefined : String(nextOffset),
  };
}

function requireResult({ state }: ExecutionRecord): void {
  if (state === 'SUCCEEDED') return;
  if (state === 'CANCELLED') throw noResult();
  const message =
    state === 'FAILED'
      ? 'Query did not finish successfully. Final query state: FAILED'
      : `Query has not yet finished. Current state: ${state}`;
  throw invalidRequest(message, 'INVALID_QUERY_EXECUTION_STATE');
}

function noResult(): AwsError {
  return invalidRequest('Could not find results', 'RESULT_NOT_FOUND');
}
