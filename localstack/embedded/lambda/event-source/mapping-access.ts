import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { EventSourceMappingConfig } from '#embedded/services.ts';
import { formatOf } from './mapping-format.ts';
import { AccessDeniedError, type PlatformAccess } from './platform-access.ts';

/** Throws as CreateEventSourceMapping does when the function's role may not read the source. */
export function checkStreamAccess(mapping: EventSourceMappingConfig, access: PlatformAccess): void {
  const { discoveryCalls, openCalls, refusal } = formatOf(mapping);
  for (const { action, resource } of [...discoveryCalls, ...openCalls]) {
    refuseWith(refusal, () => access.require(mapping.functionName, action, resource));
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
