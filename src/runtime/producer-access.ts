import { createDynamoDbReceiptStore } from '#adapters/aws/dynamodb-receipt-store.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import type { ProducerDeps } from '#app/produce-events.ts';
import type { TopicPlace } from '#core/config/kafka-topics.ts';
import { type AwsTarget, createDynamoDbClient } from './aws-clients.ts';
import { openBuffers } from './buffer-access.ts';

/** What a producer needs of the world. */
export interface ProducerAccess extends ProducerDeps {
  close(): void;
}

export function openProducer(
  target: AwsTarget,
  options: {
    readonly receiptsTable: string;
    /** Of the domains it produces for (kafkaTopics). @default all buffers are Kinesis */
    readonly topics?: ReadonlyMap<string, TopicPlace>;
  },
): ProducerAccess {
  const buffers = openBuffers(target, options.topics ?? new Map());
  const dynamodb = createDynamoDbClient(target);
  return {
    stream: buffers,
    receipts: createDynamoDbReceiptStore(dynamodb, options.receiptsTable),
    clock: systemClock,
    random: systemRandom,
    close: () => {
      void buffers.close();
      dynamodb.destroy();
    },
  };
}
