import type { EventSourceMappingConfig } from '#embedded/services.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';
import { functionNameOf } from '../function-name.ts';
import type { BatchRecord } from './kinesis-event.ts';
import { formatOf } from './mapping-format.ts';

/** Why and after what a batch left the ordered path. */
export interface Discard {
  /** `RecordExpired`: past the retention of the stream; AWS has no condition of its own for it. */
  readonly reason: 'RetryAttemptsExhausted' | 'RecordAgeExceeded' | 'RecordExpired';
  readonly invokeCount: number;
  /** The last invocation; null when the records never reached the function. */
  readonly lastInvocation: {
    readonly requestId: string;
    /** False when the function answered with failed items. */
    readonly isFunctionError: boolean;
  } | null;
}

/**
 * The object that an S3 on-failure destination receives: the batch whole, as the function got it.
 * Source: AWS Lambda developer guide, "Retain discarded batch records for a Kinesis Data Streams event source".
 * What the guide leaves open is as recorded from AWS: a batch that grew too old has no response context,
 * whatever was tried on it, and the look that found it too old counts as an invocation.
 */
export function createFailureRecord(
  records: readonly BatchRecord[],
  discard: Discard,
  options: {
    readonly mapping: EventSourceMappingConfig;
    readonly shardId: string;
    readonly nowMs: number;
    readonly newId: () => string;
  },
): { readonly key: string; readonly body: Buffer } {
  const { mapping, shardId, nowMs, newId } = options;
  const { reason, invokeCount, lastInvocation } = discard;
  const isExhausted = reason === 'RetryAttemptsExhausted';
  const timestamp = new Date(nowMs).toISOString();
  const functionName = functionNameOf(mapping.functionName) ?? mapping.functionName;
  const format = formatOf(mapping);
  const document = {
    requestContext: {
      requestId: lastInvocation?.requestId ?? newId(),
      functionArn: `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${functionName}`,
      condition: isExhausted ? reason : 'RecordAgeExceeded',
      approximateInvokeCount: isExhausted ? invokeCount : invokeCount + 1,
    },
    responseContext:
      lastInvocation === null || !isExhausted
        ? undefined
        : {
            statusCode: 200,
            executedVersion: '$LATEST',
            functionError: lastInvocation.isFunctionError ? 'Unhandled' : null,
          },
    version: '1.0',
    timestamp,
    ...format.batchInfo(records, shardId),
    payload: format.encodeEvent(records, shardId).toString('utf8'),
  };
  const day = timestamp.slice(0, 10).replaceAll('-', '/');
  const second = timestamp.slice(0, 19).replaceAll(':', '.');
  const shard = format.shardName(shardId);
  const key = `aws/lambda/${mapping.id}/${shard}/${day}/${second}-${newId()}`;
  return { key, body: Buffer.from(JSON.stringify(document)) };
}
