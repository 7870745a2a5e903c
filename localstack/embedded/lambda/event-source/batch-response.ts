import type { LambdaOutcome } from '#embedded/services.ts';
import { readBatchItemFailures } from '../batch-item-failures.ts';
import type { BatchRecord } from './kinesis-event.ts';

/** What an invocation means for its batch. `firstFailed` is the index of the record to go on with. */
export type BatchVerdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'partial'; readonly firstFailed: number };

/**
 * Reads the function's answer. Without ReportBatchItemFailures any answer is a success. With it, an
 * empty answer, string or list is a success, the lowest failed record splits the batch, and an identifier
 * that is empty, missing or not of this batch fails it whole. AWS does not say what an answer of another
 * form means; here it fails the batch, so that nothing is taken for done by mistake.
 * Source: AWS Lambda developer guide, "Configuring partial batch response with Kinesis Data Streams".
 */
export function judgeOutcome(
  outcome: LambdaOutcome,
  records: readonly BatchRecord[],
  options: { readonly reportBatchItemFailures: boolean },
): BatchVerdict {
  if (outcome.kind === 'error') return { kind: 'failed' };
  if (!options.reportBatchItemFailures) return { kind: 'done' };
  const failures = readBatchItemFailures(outcome.payload);
  if (failures === null) return { kind: 'failed' };
  if (failures.length === 0) return { kind: 'done' };
  const indexes = failures.map((failure) => indexOfFailure(failure, records));
  const firstFailed = Math.min(...indexes);
  return firstFailed > 0 ? { kind: 'partial', firstFailed } : { kind: 'failed' };
}

/** Place of the failed record in the batch; -1, the whole batch, when the failure names none. */
function indexOfFailure(failure: unknown, records: readonly BatchRecord[]): number {
  if (failure === null || typeof failure !== 'object') return -1;
  const { itemIdentifier } = failure as Record<string, unknown>;
  return records.findIndex((record) => record.sequenceNumber === itemIdentifier);
}
