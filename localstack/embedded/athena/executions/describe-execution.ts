import type { ExecutionRecord } from './execution-record.ts';

/** QueryExecution structure. Source: Amazon Athena API. */
export function describeExecution(record: ExecutionRecord, nowMs: number): Record<string, unknown> {
  const { completedMs, submittedMs, requested } = record;
  return {
    QueryExecutionId: record.id,
    Query: record.sql,
    StatementType: record.statementType,
    SubstatementType: record.substatementType,
    ResultConfiguration: { OutputLocation: record.outputUri },
    ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } },
    QueryExecutionContext: {
      ...(requested.catalog === null ? {} : { Catalog: requested.catalog.toLowerCase() }),
      ...(requested.database === null ? {} : { Database: requested.database }),
    },
    Status: {
      State: record.state,
      SubmissionDateTime: submittedMs / 1000,
      ...(record.reason === null ? {} : { StateChangeReason: record.reason }),
      ...(completedMs === null ? {} : { CompletionDateTime: completedMs / 1000 }),
      ...(record.error === null ? {} : { AthenaError: record.error }),
    },
    Statistics: {
      ...timeline(record, nowMs),
      DataScannedInBytes: record.scannedBytes,
      ResultReuseInformation: { ReusedPreviousResult: false },
    },
    WorkGroup: record.workGroup,
    EngineVersion: {
      SelectedEngineVersion: 'Athena engine version 3',
      EffectiveEngineVersion: 'Athena engine version 3',
    },
    ...(record.parameters.length === 0 ? {} : { ExecutionParameters: record.parameters }),
  };
}

/** QueryRuntimeStatistics structure; there are no stages to tell of. Source: Amazon Athena API. */
export function describeRuntime(record: ExecutionRecord, nowMs: number): Record<string, unknown> {
  const { rows } = record;
  return {
    Timeline: timeline(record, nowMs),
    ...(rows === null
      ? {}
      : {
          Rows: {
            InputRows: rows.inputRows,
            InputBytes: rows.inputBytes,
            OutputRows: rows.outputRows,
            OutputBytes: rows.outputBytes,
          },
        }),
  };
}

/**
 * Waiting, then the engine with planning as its first part, then storing the result. What has not
 * begun takes no time; what goes on is measured up to now.
 */
function timeline(record: ExecutionRecord, nowMs: number): Record<string, number> {
  const { submittedMs, startedMs } = record;
  const endMs = record.completedMs ?? nowMs;
  const engineEndedMs = record.engineEndedMs ?? endMs;
  return {
    EngineExecutionTimeInMillis: startedMs === null ? 0 : engineEndedMs - startedMs,
    TotalExecutionTimeInMillis: endMs - submittedMs,
    QueryQueueTimeInMillis: (startedMs ?? endMs) - submittedMs,
    QueryPlanningTimeInMillis: startedMs === null ? 0 : (record.plannedMs ?? endMs) - startedMs,
    ServiceProcessingTimeInMillis: endMs - engineEndedMs,
  };
}
