import { createDynamoDbReceiptStore } from '#adapters/aws/dynamodb-receipt-store.ts';
import { createKinesisEventStream } from '#adapters/aws/kinesis-event-stream.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import type { ProducerDeps } from '#app/produce-events.ts';
import { type AwsTarget, createDynamoDbClient, createKinesisClient } from './aws-clients.ts';

/** What a producer needs of the world. */
export interface ProducerAccess extends ProducerDeps {
  close(): void;
}

export function openProducer(
  target: AwsTarget,
  options: { readonly receiptsTable: string },
): ProducerAccess {
  const kinesis = createKinesisClient(target);
  const dynamodb = createDynamoDbClient(target);
  return {
    stream: createKinesisEventStream(kinesis),
    receipts: createDynamoDbReceiptStore(dynamodb, options.receiptsTable),
    clock: systemClock,
    random: systemRandom,
    close: () => {
      kinesis.destroy();
      dynamodb.destroy();
    },
  };
}
