import type { AthenaService } from '#embedded/services.ts';
import { arnOf, type CallInput, type JsonCallTable, textMember } from './service-call.ts';

function workGroupArn(name: string): readonly string[] {
  // Source: Amazon Athena API, StartQueryExecution: without a name the workgroup is `primary`.
  return [arnOf('athena', `workgroup/${name === '' ? 'primary' : name}`)];
}

const namedWorkGroup = (input: CallInput) => workGroupArn(textMember(input, 'WorkGroup'));

/**
 * Executions are allowed by their workgroup. What a query reads is not compared with the caller's rights in Glue
 * and S3, as Athena would do. Source: Service authorization reference, Amazon Athena.
 */
export function athenaCalls(athena: Pick<AthenaService, 'workGroupOf'>): JsonCallTable {
  const ofExecution = (input: CallInput) =>
    workGroupArn(athena.workGroupOf(textMember(input, 'QueryExecutionId')) ?? '');
  return {
    GetQueryExecution: ofExecution,
    GetQueryResults: ofExecution,
    GetQueryRuntimeStatistics: ofExecution,
    GetWorkGroup: namedWorkGroup,
    ListQueryExecutions: namedWorkGroup,
    StartQueryExecution: namedWorkGroup,
    StopQueryExecution: ofExecution,
    UpdateWorkGroup: namedWorkGroup,
  };
}
