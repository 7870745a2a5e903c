import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { EventSourceMappingChanges, EventSourceMappingConfig } from '#embedded/services.ts';

/** Body of CreateEventSourceMapping or UpdateEventSourceMapping. */
export type MappingRequest = Readonly<Record<string, unknown>>;

const STREAM_ARN = /^arn:aws[\w-]*:kinesis:[^:]*:\d{12}:stream\/([a-zA-Z0-9_.-]+)$/;
const BUCKET_ARN = /^arn:aws[\w-]*:s3:::([a-z0-9.-]+)$/;
const STARTING_POSITIONS = ['LATEST', 'AT_TIMESTAMP', 'TRIM_HORIZON'] as const;
const MS_PER_SECOND = 1000;

/** Members that an update may carry; their AWS defaults at creation are those of `DEFAULTS`. */
const SETTINGS = [
  'Enabled',
  'BatchSize',
  'MaximumBatchingWindowInSeconds',
  'ParallelizationFactor',
  'MaximumRetryAttempts',
  'MaximumRecordAgeInSeconds',
  'BisectBatchOnFunctionError',
  'FunctionResponseTypes',
  'DestinationConfig',
  'MetricsConfig',
  'TumblingWindowInSeconds',
  'FilterCriteria',
] as const;
const UPDATE_MEMBERS: readonly string[] = ['FunctionName', ...SETTINGS];
const CREATE_MEMBERS: readonly string[] = [
  ...UPDATE_MEMBERS,
  'EventSourceArn',
  'StartingPosition',
  'StartingPositionTimestamp',
];

const DEFAULTS = {
  batchSize: 100,
  batchingWindowMs: 0,
  parallelizationFactor: 1,
  bisectOnError: false,
  maxRetryAttempts: -1,
  maxRecordAgeSeconds: -1,
  reportBatchItemFailures: false,
  onFailureBucket: null,
  enabled: true,
  countEvents: false,
};

/** A new mapping, with AWS's defaults. `functionName` is what FunctionName was resolved to. Source: Lambda API, CreateEventSourceMapping. */
export function readNewMapping(
  request: MappingRequest,
  functionName: string,
): Omit<EventSourceMappingConfig, 'id'> {
  requireEmulated(request, CREATE_MEMBERS);
  const streamArn = optionalString(request, 'EventSourceArn') ?? '';
  const [, streamName] = STREAM_ARN.exec(streamArn) ?? [];
  if (streamName === undefined) throw invalidParameter('Unrecognized event source.');
  const startingPosition = readStartingPosition(request);
  const startingTimestampMs = readTimestampMs(request);
  if ((startingPosition === 'AT_TIMESTAMP') !== (startingTimestampMs !== null)) {
    throw invalidParameter(
      'StartingPositionTimestamp is needed with StartingPosition AT_TIMESTAMP and not allowed otherwise.',
    );
  }
  const source = { streamArn, streamName, startingPosition, startingTimestampMs };
  return { ...DEFAULTS, ...source, ...readSettings(request), functionName };
}

/** The settings that a request changes. Source: Lambda API, UpdateEventSourceMapping. */
export function readChanges(request: MappingRequest): EventSourceMappingChanges {
  requireEmulated(request, UPDATE_MEMBERS);
  return readSettings(request);
}

function readSettings(request: MappingRequest): Omit<EventSourceMappingChanges, 'functionName'> {
  requireWithoutEffect(request);
  const windowSeconds = optionalInteger(request, 'MaximumBatchingWindowInSeconds', [0, 300]);
  const maxRecordAgeSeconds = optionalInteger(request, 'MaximumRecordAgeInSeconds', [-1, 604_800]);
  if (maxRecordAgeSeconds !== undefined && maxRecordAgeSeconds > -1 && maxRecordAgeSeconds < 60) {
    throw invalidParameter(
      `MaximumRecordAgeInSeconds is ${maxRecordAgeSeconds}, expected -1 or 60 to 604800`,
    );
  }
  const responseTypes = optionalList(request, 'FunctionResponseTypes', 'ReportBatchItemFailures');
  const metrics = optionalList(
    optionalStructure(request, 'MetricsConfig') ?? {},
    'Metrics',
    'EventCount',
  );
  return withoutUndefined({
    enabled: optionalBoolean(request, 'Enabled'),
    batchSize: optionalInteger(request, 'BatchSize', [1, 10_000]),
    batchingWindowMs: windowSeconds === undefined ? undefined : windowSeconds * MS_PER_SECOND,
    parallelizationFactor: optionalInteger(request, 'ParallelizationFactor', [1, 10]),
    maxRetryAttempts: optionalInteger(request, 'MaximumRetryAttempts', [-1, 10_000]),
    maxRecordAgeSeconds,
    bisectOnError: optionalBoolean(request, 'BisectBatchOnFunctionError'),
    reportBatchItemFailures: responseTypes === undefined ? undefined : responseTypes.length > 0,
    onFailureBucket: readDestination(request),
    countEvents: metrics === undefined ? undefined : metrics.length > 0,
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(values: T): Defined<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

/** Bucket of the on-failure destination; null takes it away, as an empty string does in AWS; undefined leaves it. */
function readDestination(request: MappingRequest): string | null | undefined {
  const onFailure = optionalStructure(
    optionalStructure(request, 'DestinationConfig') ?? {},
    'OnFailure',
  );
  if (onFailure === undefined) return undefined;
  const arn = optionalString(onFailure, 'Destination') ?? '';
  if (arn === '') return null;
  const [, bucket] = BUCKET_ARN.exec(arn) ?? [];
  if (bucket !== undefined) return bucket;
  throw invalidParameter(
    `the local cloud has S3 buckets as on-failure destinations only, no queues and no topics; got ${arn}`,
  );
}

function readStartingPosition(
  request: MappingRequest,
): EventSourceMappingConfig['startingPosition'] {
  const value = optionalString(request, 'StartingPosition');
  if (value === undefined) {
    throw invalidParameter(
      "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    );
  }
  const position = STARTING_POSITIONS.find((candidate) => candidate === value);
  if (position !== undefined) return position;
  const constraint = `Member must satisfy enum value set: [${STARTING_POSITIONS.join(', ')}]`;
  throw constraintViolation('StartingPosition', value, constraint);
}

function readTimestampMs(request: MappingRequest): number | null {
  const seconds = request['StartingPositionTimestamp'] ?? null;
  if (seconds === null) return null;
  if (typeof seconds !== 'number') throw wrongType('StartingPositionTimestamp', 'a timestamp');
  return Math.round(seconds * MS_PER_SECOND);
}

/** Refuses members that are unknown, or known to AWS and without an effect here. */
export function requireEmulated(request: MappingRequest, members: readonly string[]): void {
  const unknown = Object.keys(request).filter(
    (member) => !members.includes(member) && (request[member] ?? null) !== null,
  );
  if (unknown.length === 0) return;
  throw invalidParameter(
    `the local cloud does not emulate ${unknown.join(', ')} of an event source mapping; leave it out`,
  );
}

function requireWithoutEffect(request: MappingRequest): void {
  const filters = optionalStructure(request, 'FilterCriteria')?.['Filters'] ?? [];
  if (!Array.isArray(filters) || filters.length > 0) {
    throw invalidParameter(
      'the local cloud does not emulate FilterCriteria; filter the records in the function',
    );
  }
  if ((request['TumblingWindowInSeconds'] ?? 0) !== 0) {
    throw invalidParameter(
      'the local cloud does not emulate TumblingWindowInSeconds; leave it out',
    );
  }
}

export function optionalString(request: MappingRequest, member: string): string | undefined {
  const value = request[member] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw wrongType(member, 'a string');
}

export function optionalBoolean(request: MappingRequest, member: string): boolean | undefined {
  const value = request[member] ?? undefined;
  if (value === undefined || typeof value === 'boolean') return value;
  throw wrongType(member, 'a boolean');
}

export function optionalStructure(
  request: MappingRequest,
  member: string,
): MappingRequest | undefined {
  const value = request[member] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'object' && !Array.isArray(value)) return value as MappingRequest;
  throw wrongType(member, 'a structure');
}

/** A list that is empty or holds the one value there is. */
export function optionalList(
  request: MappingRequest,
  member: string,
  only: string,
): readonly unknown[] | undefined {
  const value = request[member] ?? undefined;
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongType(member, 'a list');
  const other = value.find((item) => item !== only);
  if (other === undefined) return value;
  throw constraintViolation(member, other, `Member must satisfy enum value set: [${only}]`);
}

export function optionalInteger(
  request: MappingRequest,
  member: string,
  [min, max]: readonly [number, number],
): number | undefined {
  const value = request[member] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(member, 'an integer');
  if (value < min) {
    throw constraintViolation(
      member,
      value,
      `Member must have value greater than or equal to ${min}`,
    );
  }
  if (value > max) {
    throw constraintViolation(member, value, `Member must have value less than or equal to ${max}`);
  }
  return value;
}

function constraintViolation(member: string, value: unknown, constraint: string): AwsError {
  const name = member.charAt(0).toLowerCase() + member.slice(1);
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: ${constraint}`,
  );
}

function wrongType(member: string, expected: string): AwsError {
  return new AwsError('SerializationException', `${member} cannot be converted to ${expected}`);
}

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
