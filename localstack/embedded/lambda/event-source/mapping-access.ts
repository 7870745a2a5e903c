import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { EventSourceMappingConfig } from '#embedded/services.ts';
import { AccessDeniedError, type PlatformAccess } from './platform-access.ts';

/** What Lambda does on a stream in the function's role. Source: AWS Lambda developer guide, execution role permissions. */
const STREAM_ACTIONS = [
  'kinesis:DescribeStream',
  'kinesis:DescribeStreamSummary',
  'kinesis:GetRecords',
  'kinesis:GetShardIterator',
  'kinesis:ListShards',
];

/** Throws as CreateEventSourceMapping does when the function's role may not read the stream. */
export function checkStreamAccess(
  mapping: Pick<EventSourceMappingConfig, 'functionName' | 'streamArn'>,
  access: PlatformAccess,
): void {
  const { functionName, streamArn } = mapping;
  for (const action of STREAM_ACTIONS) {
    refuseWith(
      `Cannot access stream ${streamArn}. Please ensure the role can perform the GetRecords, GetShardIterator, ` +
        'DescribeStream, ListShards, and ListStreams Actions on your stream in IAM.',
      () => access.require(functionName, action, streamArn),
    );
  }
}

/** Throws when the function's role may not see the destination: Lambda asks when the destination is set. */
export function checkDestinationAccess(
  mapping: Pick<EventSourceMappingConfig, 'functionName' | 'onFailureBucket'>,
  access: PlatformAccess,
): void {
  const { functionName, onFailureBucket } = mapping;
  if (onFailureBucket === null) return;
  refuseWith('The provided execution role does not have permissions to call ListBucket on S3', () =>
    access.require(functionName, 's3:ListBucket', `arn:aws:s3:::${onFailureBucket}`),
  );
}

function refuseWith(message: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof AccessDeniedError)) throw error;
    throw new AwsError('InvalidParameterValueException', `${message} (${error.message})`);
  }
}
