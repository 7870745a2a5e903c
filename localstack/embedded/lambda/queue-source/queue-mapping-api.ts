import { readBodyAhead } from '#embedded/gateway/json-protocol.ts';
import {
  LOCAL_ACCOUNT,
  LOCAL_REGION,
  type QueueMappings,
  type QueueMappingView,
} from '#embedded/services.ts';
import {
  type MappingAnswer,
  type MappingCall,
  readRequest,
  requireFunctionName,
} from '../event-source/mapping-api.ts';
import { functionNameOf } from '../function-name.ts';
import type { LambdaFunctions } from '../lambda-functions.ts';
import { isQueueArn, readNewQueueMapping, readQueueChanges } from './queue-mapping-request.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/** As serveMappingApi, for mappings on queues; null for a call that is about another mapping. */
export async function serveQueueMappingApi(
  functions: LambdaFunctions,
  mappings: QueueMappings,
  call: MappingCall,
): Promise<MappingAnswer | null> {
  const { method, mappingId, request } = call;
  const answer = (status: number, view: QueueMappingView): MappingAnswer => ({
    status,
    body: describe(functions, view),
  });
  if (mappingId === undefined) {
    if (method !== 'POST') return null;
    await readBodyAhead(request, MAX_BODY_BYTES);
    const body = await readRequest(request);
    if (!isQueueArn(body['EventSourceArn'])) return null;
    const functionName = requireFunctionName(functions, body);
    return answer(202, mappings.create(readNewQueueMapping(body, functionName)));
  }
  const view = mappings.views().find(({ config }) => config.id === mappingId);
  if (view === undefined) return null;
  if (method === 'GET') return answer(200, view);
  if (method === 'DELETE') return answer(202, mappings.delete(mappingId));
  if (method !== 'PUT') return null;
  const body = await readRequest(request);
  const functionName =
    (body['FunctionName'] ?? null) === null
      ? {}
      : { functionName: requireFunctionName(functions, body) };
  return answer(202, mappings.update(mappingId, { ...readQueueChanges(body), ...functionName }));
}

/** The mappings of a queue, of a function, or all, as ListEventSourceMappings shows them. */
export function listQueueMappings(
  functions: LambdaFunctions,
  mappings: QueueMappings,
  query: URLSearchParams,
): readonly unknown[] {
  const queueArn = query.get('EventSourceArn');
  const wanted = query.get('FunctionName');
  const functionName = wanted === null ? null : functionNameOf(wanted);
  return mappings
    .views()
    .filter(({ config }) => queueArn === null || config.queueArn === queueArn)
    .filter(({ config }) => wanted === null || config.functionName === functionName)
    .map((view) => describe(functions, view));
}

/** Source: Lambda API, EventSourceMappingConfiguration. */
function describe(
  functions: LambdaFunctions,
  { config, state, lastModifiedMs }: QueueMappingView,
): unknown {
  return {
    UUID: config.id,
    EventSourceMappingArn: `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:event-source-mapping:${config.id}`,
    EventSourceArn: config.queueArn,
    FunctionArn: functions.find(config.functionName)?.arn,
    State: state,
    StateTransitionReason: 'USER_INITIATED',
    LastModified: lastModifiedMs / 1000,
    BatchSize: config.batchSize,
    MaximumBatchingWindowInSeconds: config.batchingWindowMs / 1000,
    FunctionResponseTypes: config.reportBatchItemFailures ? ['ReportBatchItemFailures'] : [],
    ScalingConfig:
      config.maxConcurrency === null ? undefined : { MaximumConcurrency: config.maxConcurrency },
    MetricsConfig: config.countEvents ? { Metrics: ['EventCount'] } : undefined,
  };
}
