import type { EventSourceMappingConfig, S3Service } from '#embedded/services.ts';
import { createFailureRecord, type Discard } from './failure-record.ts';
import type { BatchRecord } from './kinesis-event.ts';
import type { DiscardFate } from './mapping-telemetry.ts';
import { AccessDeniedError, type PlatformAccess } from './platform-access.ts';

export interface FailureDestinationOptions {
  readonly mapping: EventSourceMappingConfig;
  readonly shardId: string;
  readonly s3: Pick<S3Service, 'putObject'>;
  readonly access: PlatformAccess;
  readonly nowMs: number;
  readonly newId: () => string;
}

/**
 * Hands discarded records to the mapping's on-failure destination and says what became of them. A destination that
 * refuses them, because it is gone or the role may not write there, loses them: AWS counts them as dropped
 * and goes on. Rejects when the destination itself failed, which is a fault of this machine and worth another try.
 */
export async function storeDiscarded(
  records: readonly BatchRecord[],
  discard: Discard,
  options: FailureDestinationOptions,
): Promise<{ readonly fate: DiscardFate; readonly reason: string }> {
  const { mapping, s3, access } = options;
  const { onFailureBucket } = mapping;
  if (onFailureBucket === null) {
    return { fate: 'none-configured', reason: 'the mapping has no on-failure destination' };
  }
  const { key, body } = createFailureRecord(records, discard, options);
  try {
    access.require(mapping.functionName, 's3:PutObject', `arn:aws:s3:::${onFailureBucket}/${key}`);
    await s3.putObject(onFailureBucket, key, { body });
    return { fate: 'delivered', reason: key };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { fate: 'refused', reason: `the on-failure destination refused them: ${error.message}` };
  }
}

function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error instanceof AccessDeniedError || ('code' in error && error.code === 'NoSuchBucket');
}
