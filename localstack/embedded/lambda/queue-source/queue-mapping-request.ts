import {
  invalidParameter,
  type MappingRequest,
  optionalBoolean,
  optionalInteger,
  optionalList,
  optionalString,
  optionalStructure,
  requireEmulated,
} from '../event-source/mapping-request.ts';
import type { QueueMappingChanges, QueueMappingConfig } from '../queue-mapping-service.ts';

const UPDATE_MEMBERS = [
  'FunctionName',
  'Enabled',
  'BatchSize',
  'MaximumBatchingWindowInSeconds',
  'FunctionResponseTypes',
  'ScalingConfig',
  'MetricsConfig',
  'FilterCriteria',
];
const CREATE_MEMBERS = [...UPDATE_MEMBERS, 'EventSourceArn'];
const DEFAULTS = {
  batchSize: 10,
  batchingWindowMs: 0,
  reportBatchItemFailures: false,
  maxConcurrency: null,
  enabled: true,
  countEvents: false,
};

const QUEUE_ARN = /^arn:aws[\w-]*:sqs:[^:]*:\d{12}:[\w.-]+$/;

export function isQueueArn(arn: unknown): arn is string {
  return typeof arn === 'string' && QUEUE_ARN.test(arn);
}

/** A new mapping on a queue, with AWS's defaults. Source: Lambda API, CreateEventSourceMapping. */
export function readNewQueueMapping(
  request: MappingRequest,
  functionName: string,
): Omit<QueueMappingConfig, 'id'> {
  requireEmulated(request, CREATE_MEMBERS);
  const queueArn = optionalString(request, 'EventSourceArn') ?? '';
  return { ...DEFAULTS, ...readSettings(request), queueArn, functionName };
}

/** The settings that a request changes. Source: Lambda API, UpdateEventSourceMapping. */
export function readQueueChanges(request: MappingRequest): QueueMappingChanges {
  requireEmulated(request, UPDATE_MEMBERS);
  return readSettings(request);
}

function readSettings(request: MappingRequest): Omit<QueueMappingChanges, 'functionName'> {
  const filters = optionalStructure(request, 'FilterCriteria')?.['Filters'] ?? [];
  if (!Array.isArray(filters) || filters.length > 0) {
    throw invalidParameter(
      'the local cloud does not emulate FilterCriteria; filter the messages in the function',
    );
  }
  const enabled = optionalBoolean(request, 'Enabled');
  const batchSize = optionalInteger(request, 'BatchSize', [1, 10_000]);
  const windowSeconds = optionalInteger(request, 'MaximumBatchingWindowInSeconds', [0, 300]);
  const responses = optionalList(request, 'FunctionResponseTypes', 'ReportBatchItemFailures');
  const scaling = optionalStructure(request, 'ScalingConfig');
  const metrics = optionalStructure(request, 'MetricsConfig');
  const counted =
    metrics === undefined ? undefined : optionalList(metrics, 'Metrics', 'EventCount');
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(windowSeconds === undefined ? {} : { batchingWindowMs: windowSeconds * 1000 }),
    ...(responses === undefined ? {} : { reportBatchItemFailures: responses.length > 0 }),
    ...(scaling === undefined
      ? {}
      : { maxConcurrency: optionalInteger(scaling, 'MaximumConcurrency', [2, 1000]) ?? null }),
    ...(counted === undefined ? {} : { countEvents: counted.length > 0 }),
  };
}
