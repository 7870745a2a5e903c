import type { MetricsService } from '#embedded/services.ts';
import type { Queue } from './queue.ts';
import type { QueueStore } from './queue-store.ts';

const NAMESPACE = 'AWS/SQS';

/** What SQS measures of its queues. Source: Amazon SQS developer guide, "Available CloudWatch metrics for Amazon SQS". */
export function measureQueues(store: QueueStore, metrics: MetricsService): void {
  for (const queue of store.queues()) measureQueue(store, queue, metrics);
}

function measureQueue(store: QueueStore, queue: Queue, metrics: MetricsService): void {
  const atMs = store.nowMs();
  store.expire(queue);
  queue.showDue(atMs);
  const oldest = queue.oldest();
  const values = {
    ApproximateNumberOfMessagesVisible: queue.visibleCount,
    ApproximateNumberOfMessagesNotVisible: queue.inFlightCount,
    ApproximateNumberOfMessagesDelayed: queue.waitingCount,
    ApproximateAgeOfOldestMessage:
      oldest === undefined ? 0 : Math.max(0, (atMs - oldest.sentMs) / 1000),
  };
  const dimensions = { QueueName: queue.settings.name };
  for (const [name, value] of Object.entries(values)) {
    metrics.put({ namespace: NAMESPACE, name, dimensions, value, atMs });
  }
}
