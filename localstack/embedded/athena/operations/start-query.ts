import { randomUUID } from 'node:crypto';
import { CATALOG_NAME, type LakeServices, parseUri } from '../catalog/lake-catalog.ts';
import type { ExecutionRecord } from '../executions/execution-record.ts';
import type { ExecutionStore } from '../executions/execution-store.ts';
import { classifyStatement } from '../statement-router.ts';
import { checkStatement } from './check-statement.ts';
import {
  type Input,
  invalidRequest,
  optionalString,
  optionalStrings,
  optionalStructure,
  refuseUnknownMembers,
  requiredString,
  violates,
} from './invalid-request.ts';
import { isLocation, PRIMARY, type WorkGroup, type WorkGroups } from './work-group-operations.ts';

/** Longest statement. Source: Amazon Athena user guide, Service Quotas. */
const MAX_QUERY_BYTES = 262_144;
const TOKEN_LENGTHS = { min: 32, max: 128 } as const;

export interface StartQueryDeps {
  readonly executions: ExecutionStore;
  readonly workGroups: WorkGroups;
  readonly services: LakeServices;
  readonly nowMs: () => number;
  /** Queues a recorded execution. */
  readonly submit: (record: ExecutionRecord) => void;
}

const MEMBERS = [
  'QueryString',
  'ClientRequestToken',
  'QueryExecutionContext',
  'ResultConfiguration',
  'WorkGroup',
  'ExecutionParameters',
  'ResultReuseConfiguration',
];

/**
 * StartQueryExecution. What is wrong is told in Athena's order: token, output location, syntax, then
 * whether the token was used for something else. Source: Amazon Athena API; measured on engine version 3.
 */
export function startQuery(input: Input, deps: StartQueryDeps): unknown {
  refuseUnknownMembers(input, MEMBERS, 'StartQueryExecution');
  refuseResultReuse(input);
  const sql = statementText(requiredString(input, 'QueryString'));
  const clientToken = requestToken(input);
  const workGroup = deps.workGroups.requireEnabled(optionalString(input, 'WorkGroup') ?? PRIMARY);
  const requested = requestedContext(input);
  const location = resultLocation(requested.outputLocation, workGroup, deps.services);
  const database = requested.database?.toLowerCase() ?? 'default';
  checkStatement(sql, { services: deps.services, database });
  const earlier = deps.executions.byToken(clientToken);
  if (earlier !== null) {
    const same =
      earlier.sql === sql && JSON.stringify(earlier.requested) === JSON.stringify(requested);
    if (same) return { QueryExecutionId: earlier.id };
    throw invalidRequest('Idempotent parameters do not match', 'IDEMPOTENT_PARAMETER_MISMATCH');
  }
  const kind = classifyStatement(sql);
  const id = randomUUID();
  const record: ExecutionRecord = {
    id,
    sql,
    ...kind,
    requested,
    workGroup: workGroup.name,
    outputUri: `${location.replace(/\/+$/, '')}/${id}.${kind.resultFormat}`,
    parameters: optionalStrings(input, 'ExecutionParameters'),
    clientToken,
    ...QUEUED,
    submittedMs: deps.nowMs(),
  };
  deps.executions.put(record);
  deps.submit(record);
  return { QueryExecutionId: id };
}

const QUEUED = {
  state: 'QUEUED',
  reason: null,
  error: null,
  startedMs: null,
  plannedMs: null,
  engineEndedMs: null,
  completedMs: null,
  scannedBytes: 0,
  rows: null,
  columns: [],
} as const;

/** Drivers send the structure to switch reuse off. */
function refuseResultReuse(input: Input): void {
  const reuse = optionalStructure(input, 'ResultReuseConfiguration');
  const byAge = optionalStructure(reuse, 'ResultReuseByAgeConfiguration');
  if (byAge['Enabled'] === true) {
    throw invalidRequest('the local cloud does not emulate the reuse of query results');
  }
}

/** The statement without blanks around it and without the semicolon that ends it. */
function statementText(text: string): string {
  if (Buffer.byteLength(text, 'utf8') > MAX_QUERY_BYTES) {
    throw violates(`at 'queryString'`, `have length less than or equal to ${MAX_QUERY_BYTES}`);
  }
  return text.trim().replace(/\s*;$/, '');
}

/** SDKs make one up where the caller gives none. */
function requestToken(input: Input): string {
  const token = optionalString(input, 'ClientRequestToken');
  if (token === null) throw invalidRequest('clientRequestToken is null or empty');
  const { min, max } = TOKEN_LENGTHS;
  const length = [...token].length;
  const value = `at 'clientRequestToken'`;
  if (length < min) throw violates(value, `have length greater than or equal to ${min}`);
  if (length > max) throw violates(value, `have length less than or equal to ${max}`);
  return token;
}

function requestedContext(input: Input): ExecutionRecord['requested'] {
  const context = optionalStructure(input, 'QueryExecutionContext');
  const results = optionalStructure(input, 'ResultConfiguration');
  refuseUnknownMembers(results, ['OutputLocation', 'ExpectedBucketOwner'], 'ResultConfiguration');
  const catalog = optionalString(context, 'Catalog');
  if (catalog !== null && catalog.toLowerCase() !== CATALOG_NAME) {
    throw invalidRequest(`the local cloud has the catalog AwsDataCatalog only, got ${catalog}`);
  }
  return {
    catalog,
    database: optionalString(context, 'Database'),
    outputLocation: optionalString(results, 'OutputLocation'),
  };
}

const NO_LOCATION =
  'No output location provided. You did not provide an output location for  your query results. Either specify an S3 bucket location or enable Athena managed query results in your workgroup settings.';

/** Where the result goes; a workgroup that enforces its configuration overrides the request. */
function resultLocation(
  requested: string | null,
  workGroup: WorkGroup,
  services: LakeServices,
): string {
  const own = workGroup.outputLocation;
  const location = workGroup.enforced ? own : (requested ?? own);
  if (requested !== null && !isLocation(requested)) {
    throw invalidRequest('outputLocation is not a valid S3 path.');
  }
  if (location === null) throw invalidRequest(NO_LOCATION);
  const { bucket } = parseUri(`${location}/`);
  if (!services.s3.hasBucket(bucket)) {
    throw invalidRequest(`Unable to verify/create output bucket ${bucket}`);
  }
  return location;
}
