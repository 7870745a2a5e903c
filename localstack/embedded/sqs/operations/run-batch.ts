import { AwsError } from '#embedded/gateway/json-protocol.ts';
import { SqsError } from '../sqs-error.ts';

interface BatchEntry {
  readonly Id: string;
}

/** Every entry by itself: one that fails is listed, the others go on. */
export function runBatch<E extends BatchEntry>(
  entries: readonly E[],
  run: (entry: E) => object | undefined,
): unknown {
  const successful: unknown[] = [];
  const failed: unknown[] = [];
  for (const entry of entries) {
    const { Id } = entry;
    try {
      successful.push({ Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const Code = error instanceof SqsError ? error.queryCode : error.code;
      failed.push({ Id, SenderFault: true, Code, Message: error.message });
    }
  }
  return { Successful: successful, Failed: failed };
}
