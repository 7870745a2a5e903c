import { invalidParameter } from '../event-source/mapping-request.ts';
import type { QueueMappingConfig } from '../queue-mapping-service.ts';

const MAX_BATCH = 10_000;
/** Larger batches need a window in which they can fill, and FIFO queues have none. */
const MAX_BATCH_WITHOUT_WINDOW = 10;

/** Throws as the Lambda API does. Source: AWS Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping". */
export function checkQueueMapping(
  config: QueueMappingConfig,
  context: {
    /** Null when there is no such queue. */
    readonly queue: Readonly<Record<string, string>> | null;
    /** Null when there is no such function. */
    readonly functionTimeoutMs: number | null;
  },
): void {
  const problem = findProblem(config, context);
  if (problem !== null) throw invalidParameter(problem);
}

function findProblem(
  config: QueueMappingConfig,
  { queue, functionTimeoutMs }: Parameters<typeof checkQueueMapping>[1],
): string | null {
  const { batchSize, batchingWindowMs, queueArn, maxConcurrency } = config;
  if (queue === null) {
    return `Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist: ${queueArn}`;
  }
  if (functionTimeoutMs === null) return 'Function does not exist';
  const visibilitySeconds = Number(queue['VisibilityTimeout']);
  if (visibilitySeconds * 1000 < functionTimeoutMs) {
    return `Queue visibility timeout: ${visibilitySeconds} seconds is less than Function timeout: ${functionTimeoutMs / 1000} seconds`;
  }
  const isFifo = queue['FifoQueue'] === 'true';
  if (isFifo && batchingWindowMs > 0) return 'Batching window is not supported for FIFO queues.';
  const limit = isFifo || batchingWindowMs === 0 ? MAX_BATCH_WITHOUT_WINDOW : MAX_BATCH;
  if (batchSize < 1 || batchSize > limit) {
    return isFifo
      ? `BatchSize is ${batchSize}, expected 1 to ${limit} for a FIFO queue`
      : `Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than ${MAX_BATCH_WITHOUT_WINDOW}; BatchSize is ${batchSize}`;
  }
  if (maxConcurrency !== null && (maxConcurrency < 2 || maxConcurrency > 1000)) {
    return `MaximumConcurrency is ${maxConcurrency}, expected 2 to 1000`;
  }
  return null;
}
