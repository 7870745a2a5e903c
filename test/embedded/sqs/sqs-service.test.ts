import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { type StartedSqs, startSqs } from './start-sqs.ts';

async function createQueue(
  { client }: StartedSqs,
  name: string,
  Attributes: Record<string, string> = {},
): Promise<string> {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes }));
  return QueueUrl ?? '';
}

async function send({ client }: StartedSqs, QueueUrl: string, MessageBody: string): Promise<void> {
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

async function receive(
  { client }: StartedSqs,
  QueueUrl: string,
  MaxNumberOfMessages = 10,
): Promise<Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}

const bodies = (messages: readonly Message[]): unknown[] => messages.map(({ Body }) => Body);

async function countsOf({ client }: StartedSqs, QueueUrl: string): Promise<unknown[]> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  return [
    Number(Attributes.ApproximateNumberOfMessages),
    Number(Attributes.ApproximateNumberOfMessagesNotVisible),
    Number(Attributes.ApproximateNumberOfMessagesDelayed),
  ];
}

describe('standard queues', () => {
  it('hand out a message with its attributes, and AWS client accepts every digest', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'plain');
    await sqs.client.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: 'größe 😀',
        MessageAttributes: {
          price: { DataType: 'Number.eur', StringValue: '12.50' },
          raw: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 255, 7) },
        },
        MessageSystemAttributes: {
          AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-2-3' },
        },
      }),
    );
    const [message] = await receive(sqs, url);
    expect(message?.Body).toBe('größe 😀');
    expect(message?.MessageAttributes).toEqual({
      price: { DataType: 'Number.eur', StringValue: '12.50' },
      raw: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 255, 7) },
    });
    expect(message?.Attributes).toMatchObject({
      ApproximateReceiveCount: '1',
      AWSTraceHeader: 'Root=1-2-3',
    });
    await sqs.client.send(
      new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle }),
    );
    expect(await countsOf(sqs, url)).toEqual([0, 0, 0]);
  });

  it('hide a received message for its visibility timeout, over a restart', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'hidden', { VisibilityTimeout: '10' });
    await send(sqs, url, 'a');
    expect(bodies(await receive(sqs, url))).toEqual(['a']);
    await sqs.restart();
    expect(await countsOf(sqs, url)).toEqual([0, 1, 0]);
    expect(await receive(sqs, url)).toEqual([]);
    sqs.advance(10_000);
    const [again] = await receive(sqs, url);
    expect(again?.Attributes?.['ApproximateReceiveCount']).toBe('2');
  });

  it('wait for the first message as long as asked', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'patient');
    const waiting = sqs.client.send(
      new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }),
    );
    await send(sqs, url, 'late');
    expect(bodies((await waiting).Messages ?? [])).toEqual(['late']);
  });

  it('give nothing to a receiver that is gone', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'deserted');
    const gone = new AbortController();
    const waiting = sqs.client.send(
      new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }),
      { abortSignal: gone.signal },
    );
    const failed = expect(waiting).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 50));
    gone.abort();
    await failed;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await send(sqs, url, 'kept');
    expect(await countsOf(sqs, url)).toEqual([1, 0, 0]);
  });

  it('delay messages, and show hidden ones again at once when asked', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'delays', { DelaySeconds: '5' });
    await send(sqs, url, 'a');
    expect(await countsOf(sqs, url)).toEqual([0, 0, 1]);
    sqs.advance(5000);
    const [message] = await receive(sqs, url);
    const ReceiptHandle = message?.ReceiptHandle;
    await sqs.client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 }),
    );
    expect(bodies(await receive(sqs, url))).toEqual(['a']);
    await expect(
      sqs.client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 9 }),
      ),
    ).rejects.toMatchObject({ name: 'MessageNotInflight' });
  });

  it('forget what is past the retention', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'short', { MessageRetentionPeriod: '60' });
    await send(sqs, url, 'a');
    sqs.advance(59_000);
    await send(sqs, url, 'b');
    sqs.advance(1000);
    expect(bodies(await receive(sqs, url))).toEqual(['b']);
  });

  it('work on batches entry by entry', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'batches');
    const sent = await sqs.client.send(
      new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: [
          { Id: 'one', MessageBody: '1' },
          { Id: 'two', MessageBody: '2', DelaySeconds: 901 },
        ],
      }),
    );
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['one']);
    expect(sent.Failed).toMatchObject([
      { Id: 'two', Code: 'InvalidParameterValue', SenderFault: true },
    ]);
    const [message] = await receive(sqs, url);
    const deleted = await sqs.client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: url,
        Entries: [
          { Id: 'a', ReceiptHandle: message?.ReceiptHandle },
          { Id: 'b', ReceiptHandle: 'invented' },
        ],
      }),
    );
    expect(deleted.Successful).toEqual([{ Id: 'a' }]);
    expect(deleted.Failed).toMatchObject([{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }]);
  });

  it('refuse messages above their size limit and characters XML does not know', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'limits', { MaximumMessageSize: '1024' });
    await expect(send(sqs, url, 'x'.repeat(1025))).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
    await expect(send(sqs, url, 'a\u0001')).rejects.toMatchObject({
      name: 'InvalidMessageContents',
    });
  });
});

describe('dead-letter queues', () => {
  it('get what was received too often, give it back as new, and survive a restart', async () => {
    const sqs = await startSqs();
    const letters = await createQueue(sqs, 'letters');
    const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:letters';
    const url = await createQueue(sqs, 'work', {
      VisibilityTimeout: '1',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: '2' }),
    });
    await send(sqs, url, 'poison');
    for (const _attempt of [1, 2]) {
      expect(await receive(sqs, url)).toHaveLength(1);
      sqs.advance(1000);
    }
    expect(await receive(sqs, url)).toEqual([]);
    await sqs.restart();
    const [dead] = await receive(sqs, letters);
    expect(dead?.Attributes).toMatchObject({
      ApproximateReceiveCount: '3',
      DeadLetterQueueSourceArn: 'arn:aws:sqs:us-east-1:000000000000:work',
    });
    sqs.advance(30_000);
    await countsOf(sqs, letters);
    await sqs.client.send(new StartMessageMoveTaskCommand({ SourceArn: deadLetterTargetArn }));
    await expect
      .poll(async () => {
        const listed = await sqs.client.send(
          new ListMessageMoveTasksCommand({ SourceArn: deadLetterTargetArn }),
        );
        return listed.Results?.map(({ Status }) => Status);
      })
      .toEqual(['COMPLETED']);
    const [again] = await receive(sqs, url);
    expect(again?.Attributes?.['ApproximateReceiveCount']).toBe('1');
  });
});

describe('FIFO queues', () => {
  const options = { FifoQueue: 'true', ContentBasedDeduplication: 'true', VisibilityTimeout: '10' };

  async function sendTo(
    sqs: StartedSqs,
    QueueUrl: string,
    [MessageGroupId, MessageBody]: readonly [string, string],
  ): Promise<string | undefined> {
    const command = new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId });
    return (await sqs.client.send(command)).SequenceNumber;
  }

  it('keep the order of a group: nothing follows what is in flight', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'order.fifo', options);
    for (const body of ['a1', 'a2', 'a3']) await sendTo(sqs, url, ['a', body]);
    await sendTo(sqs, url, ['b', 'b1']);
    const [first] = await receive(sqs, url, 1);
    expect(first?.Body).toBe('a1');
    expect(bodies(await receive(sqs, url))).toEqual(['b1']);
    sqs.advance(10_000);
    expect(bodies(await receive(sqs, url, 2)).slice(0, 2)).toEqual(['a1', 'a2']);
  });

  it('take equal messages of five minutes once, over a restart and a deletion', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'once.fifo', options);
    const number = await sendTo(sqs, url, ['a', 'same']);
    const [message] = await receive(sqs, url);
    await sqs.client.send(
      new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle }),
    );
    await sqs.restart();
    expect(await sendTo(sqs, url, ['a', 'same'])).toBe(number);
    expect(await receive(sqs, url)).toEqual([]);
    sqs.advance(5 * 60_000);
    expect(Number(await sendTo(sqs, url, ['a', 'same']))).toBeGreaterThan(Number(number));
    expect(bodies(await receive(sqs, url))).toEqual(['same']);
  });

  it('refuse to delete with a handle whose time is over', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'late.fifo', options);
    await sendTo(sqs, url, ['a', 'x']);
    const [message] = await receive(sqs, url);
    sqs.advance(10_000);
    await expect(
      sqs.client.send(
        new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle }),
      ),
    ).rejects.toThrow(/receipt handle has expired/);
  });
});

describe('queues', () => {
  it('are created once, found by name, listed by prefix, changed, purged and deleted', async () => {
    const sqs = await startSqs();
    const { client } = sqs;
    const url = await createQueue(sqs, 'one');
    expect(url).toBe(`${sqs.endpoint}/000000000000/one`);
    expect(await createQueue(sqs, 'one')).toBe(url);
    await expect(createQueue(sqs, 'one', { DelaySeconds: '3' })).rejects.toMatchObject({
      name: 'QueueNameExists',
    });
    expect((await client.send(new GetQueueUrlCommand({ QueueName: 'one' }))).QueueUrl).toBe(url);
    expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: 'o' }))).QueueUrls).toEqual([
      url,
    ]);
    await client.send(
      new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { VisibilityTimeout: '7' } }),
    );
    await send(sqs, url, 'x');
    await client.send(new PurgeQueueCommand({ QueueUrl: url }));
    expect(await countsOf(sqs, url)).toEqual([0, 0, 0]);
    await expect(client.send(new PurgeQueueCommand({ QueueUrl: url }))).rejects.toMatchObject({
      name: 'PurgeQueueInProgress',
    });
    await sqs.restart();
    await client.send(new DeleteQueueCommand({ QueueUrl: url }));
    await expect(client.send(new GetQueueUrlCommand({ QueueName: 'one' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
  });

  it('refuse attributes that are unknown or not emulated, by name', async () => {
    const sqs = await startSqs();
    await expect(createQueue(sqs, 'a', { Colour: 'red' })).rejects.toThrow(
      'Unknown Attribute Colour',
    );
    await expect(createQueue(sqs, 'b', { KmsMasterKeyId: 'alias/own' })).rejects.toThrow(
      /KmsMasterKeyId.*does not encrypt queues/,
    );
  });
});

describe('what an event source mapping received', () => {
  const ARN = 'arn:aws:sqs:us-east-1:000000000000:work';
  const poll = async ({ service }: StartedSqs, limit: number) =>
    await service().receive(ARN, { limit, waitMs: 0, signal: new AbortController().signal });

  it('is visible again when the service starts anew; what others hold is not', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'work', { VisibilityTimeout: '900' });
    for (const body of ['mapping', 'chosen', 'client']) await send(sqs, url, body);
    const [, chosen] = await poll(sqs, 2);
    await sqs.client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle: chosen?.receiptHandle,
        VisibilityTimeout: 600,
      }),
    );
    expect(bodies(await receive(sqs, url))).toEqual(['client']);
    await sqs.restart();
    expect(await countsOf(sqs, url)).toEqual([1, 2, 0]);
    const [again] = await receive(sqs, url);
    expect(again?.Body).toBe('mapping');
    expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
  });

  it('is given back after a time, but not against a time that was chosen', async () => {
    const sqs = await startSqs();
    const url = await createQueue(sqs, 'work', { VisibilityTimeout: '900' });
    await send(sqs, url, 'a');
    const [held] = await poll(sqs, 1);
    sqs.service().giveBack(ARN, held?.receiptHandle ?? '', 2000);
    sqs.advance(1999);
    expect(await poll(sqs, 1)).toEqual([]);
    sqs.advance(1);
    const [again] = await poll(sqs, 1);
    await sqs.client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle: again?.receiptHandle,
        VisibilityTimeout: 60,
      }),
    );
    sqs.service().giveBack(ARN, again?.receiptHandle ?? '', 2000);
    sqs.advance(59_999);
    expect(await poll(sqs, 1)).toEqual([]);
    sqs.advance(1);
    expect(await poll(sqs, 1)).toHaveLength(1);
  });

  it('is known for it also after the journal was rewritten', async () => {
    const sqs = await startSqs({ minSupersededBytes: 1 });
    const url = await createQueue(sqs, 'work', { VisibilityTimeout: '900' });
    await send(sqs, url, 'a');
    await poll(sqs, 1);
    for (let round = 0; round < 5; round++) {
      await send(sqs, url, 'x'.repeat(1000));
      const [other] = await receive(sqs, url, 1);
      await sqs.client.send(
        new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: other?.ReceiptHandle }),
      );
    }
    await sqs.restart();
    expect(bodies(await receive(sqs, url))).toEqual(['a']);
  });
});
