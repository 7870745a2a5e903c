import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { SluiceError } from '#core/errors.ts';
import type { MessageQueue } from '#ports/message-queue.ts';

/** MessageQueue on one queue of Amazon SQS. */
export function createSqsMessageQueue(client: SQSClient, queueUrl: string): MessageQueue {
  return {
    async send(body) {
      try {
        await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
      } catch (cause) {
        const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
        throw new SluiceError(
          'SOURCE_UNAVAILABLE',
          `cannot send a message to ${queueUrl}: ${reason}`,
          {
            cause,
          },
        );
      }
    },
  };
}
