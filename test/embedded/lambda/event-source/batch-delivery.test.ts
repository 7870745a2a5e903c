import { describe, expect, it } from 'vitest';
import { waitUntil } from '../start-lambda.ts';
import {
  createInProcessLambda,
  type Handler,
  mapping,
  numbered,
  SHARD_0,
  startMappings,
  textsOf,
} from '../start-mappings.ts';

type Options = Parameters<typeof startMappings>[1];

/** Runs a handler over records and waits until the mapping is drained. */
async function deliver(texts: readonly string[], handler: Handler, options: Options = {}) {
  const calls: string[][] = [];
  const lambda = createInProcessLambda((records) => {
    calls.push(textsOf(records));
    return handler(records);
  });
  const running = startMappings(lambda, options);
  await running.put(texts);
  running.mappings.start();
  await running.mappings.drained();
  const letters = [...running.objects.values()] as FailureDocument[];
  return { ...running, calls, letters };
}

interface FailureDocument {
  readonly requestContext: { readonly condition: string; readonly approximateInvokeCount: number };
  readonly responseContext?: { readonly functionError: string | null };
  readonly payload: string;
}

function lettersTexts(letters: readonly FailureDocument[]): string[][] {
  return letters.map((letter) => textsOf(JSON.parse(letter.payload).Records));
}

function failOn(poison: string): Handler {
  return (records) => {
    if (textsOf(records).includes(poison)) throw new Error(`cannot take ${poison}`);
  };
}

describe('a failing batch', () => {
  it('is delivered again, unchanged, until it succeeds, before anything later', async () => {
    let attempts = 0;
    const handler: Handler = () => {
      if (++attempts < 4) throw new Error('not yet');
    };
    const { calls, letters } = await deliver(numbered(6), handler, { mapping: { batchSize: 3 } });
    const [first, second] = [numbered(3), numbered(6).slice(3)];
    expect(calls).toEqual([first, first, first, first, second]);
    expect(letters).toEqual([]);
  });

  it('goes whole to the on-failure destination when its retries are used up, and the shard goes on', async () => {
    const { calls, letters } = await deliver(numbered(6), failOn('record-1'), {
      mapping: { batchSize: 3, maxRetryAttempts: 2 },
    });
    expect(calls).toHaveLength(4);
    expect(lettersTexts(letters)).toEqual([numbered(3)]);
    expect(letters[0]?.requestContext).toMatchObject({
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 3,
    });
  });

  it('is tried once when no retries are allowed', async () => {
    const { calls, letters } = await deliver(['a'], failOn('a'), {
      mapping: { maxRetryAttempts: 0 },
    });
    expect(calls).toEqual([['a']]);
    expect(letters).toHaveLength(1);
  });

  it('becomes an object of the name and form that Lambda writes', async () => {
    let ids = 0;
    const { kinesis, objects } = await deliver(['a', 'b'], failOn('b'), {
      mapping: { maxRetryAttempts: 0 },
      nowMs: () => Date.UTC(2026, 10, 20, 13, 4, 5, 678),
      newId: () => `id-${++ids}`,
    });
    const key = `dead-letters/aws/lambda/${mapping.id}/${SHARD_0}/2026/11/20/2026-11-20T13.04.05-id-1`;
    expect([...objects.keys()]).toEqual([key]);
    const views = await kinesis.readAfter('orders', SHARD_0, {
      afterSequenceNumber: null,
      limit: 2,
      maxBytes: 1000,
    });
    expect(objects.get(key)).toEqual({
      requestContext: {
        requestId: 'request-1',
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:writer',
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 1,
      },
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        functionError: 'Unhandled',
      },
      version: '1.0',
      timestamp: '2026-11-20T13:04:05.678Z',
      KinesisBatchInfo: {
        shardId: SHARD_0,
        startSequenceNumber: views[0]?.sequenceNumber,
        endSequenceNumber: views[1]?.sequenceNumber,
        approximateArrivalOfFirstRecord: '2026-11-20T13:04:05.678Z',
        approximateArrivalOfLastRecord: '2026-11-20T13:04:05.678Z',
        batchSize: 2,
        streamArn: mapping.streamArn,
      },
      payload: expect.stringMatching(/^\{"Records":\[\{"kinesis":/),
    });
  });

  it('waits for the on-failure destination as long as that takes', async () => {
    const calls: string[][] = [];
    let refusals = 3;
    const lambda = createInProcessLambda((records) => {
      calls.push(textsOf(records));
      return failOn('a')(records);
    });
    const stored: string[] = [];
    const { mappings, put, notices } = startMappings(lambda, {
      mapping: { batchSize: 1, maxRetryAttempts: 0 },
      s3: {
        putObject: async (_bucket, key) => {
          if (refusals-- > 0) throw new Error('bucket is away');
          stored.push(key);
          return true;
        },
      },
    });
    await put(['a', 'b']);
    mappings.start();
    await waitUntil(() => notices.length > 0);
    await mappings.drained();
    expect(calls).toEqual([['a'], ['b']]);
    expect(stored).toHaveLength(1);
    expect(notices[0]).toContain('on-failure destination not reached: bucket is away');
  });

  it('is named when it is lost for want of a destination', async () => {
    const { notices, calls } = await deliver(['a', 'b'], failOn('a'), {
      mapping: { batchSize: 1, maxRetryAttempts: 0, onFailureBucket: null },
    });
    expect(calls).toEqual([['a'], ['b']]);
    expect(notices).toEqual([
      expect.stringMatching(/1 records of .* are lost: RetryAttemptsExhausted/),
    ]);
  });

  it('blocks its shard without a limit, and no other shard', async () => {
    const calls: string[] = [];
    const lambda = createInProcessLambda((records) => {
      calls.push(...textsOf(records));
      return failOn('poison')(records);
    });
    const { mappings, put } = startMappings(lambda, {
      shardCount: 2,
      mapping: { batchSize: 1, onFailureBucket: null },
    });
    await put(['poison', 'behind'], 0n);
    await put(['other'], 2n ** 127n);
    mappings.start();
    await waitUntil(() => calls.filter((text) => text === 'poison').length > 5);
    expect(calls).toContain('other');
    expect(calls).not.toContain('behind');
    expect(mappings.checkpoint(mapping.id, SHARD_0)).toBeNull();
  });

  it('is given up when it grows too old between two attempts', async () => {
    const clock = { nowMs: 1_763_600_000_000 };
    let attempts = 0;
    const lambda = createInProcessLambda(() => {
      attempts++;
      throw new Error('no');
    });
    const { mappings, objects, put } = startMappings(lambda, {
      nowMs: () => clock.nowMs,
      mapping: { maxRecordAgeSeconds: 60 },
    });
    await put(['a']);
    mappings.start();
    await waitUntil(() => attempts > 2);
    clock.nowMs += 61_000;
    await mappings.drained();
    const [letter] = [...objects.values()] as FailureDocument[];
    expect(letter?.requestContext).toMatchObject({
      condition: 'RecordAgeExceeded',
      approximateInvokeCount: attempts + 1,
    });
    expect(letter?.responseContext).toBeUndefined();
  });

  it('loses the records that are too old to the destination and delivers the rest', async () => {
    const clock = { nowMs: 1_763_600_000_000 };
    const calls: string[][] = [];
    const lambda = createInProcessLambda((records) => void calls.push(textsOf(records)));
    const { mappings, objects, put } = startMappings(lambda, {
      nowMs: () => clock.nowMs,
      mapping: { maxRecordAgeSeconds: 60 },
    });
    await put(['old-1', 'old-2']);
    clock.nowMs += 61_000;
    await put(['young']);
    mappings.start();
    await mappings.drained();
    expect(calls).toEqual([['young']]);
    const letters = [...objects.values()] as FailureDocument[];
    expect(lettersTexts(letters)).toEqual([['old-1', 'old-2']]);
    expect(letters[0]?.requestContext).toMatchObject({
      condition: 'RecordAgeExceeded',
      approximateInvokeCount: 1,
    });
    expect(letters[0]?.responseContext).toBeUndefined();
  });

  it('is given up when the stream itself no longer keeps its records', async () => {
    const clock = { nowMs: 1_763_600_000_000 };
    const calls: string[][] = [];
    const lambda = createInProcessLambda((records) => {
      calls.push(textsOf(records));
      return failOn('a')(records);
    });
    const { mappings, objects, put } = startMappings(lambda, { nowMs: () => clock.nowMs });
    await put(['a']);
    mappings.start();
    await waitUntil(() => calls.length > 2);
    clock.nowMs += 25 * 3_600_000;
    await put(['b']);
    await mappings.drained();
    expect(calls.at(-1)).toEqual(['b']);
    const letters = [...objects.values()] as FailureDocument[];
    expect(letters.map((letter) => letter.requestContext.condition)).toEqual(['RecordAgeExceeded']);
  });

  it('does not use up retries while the function cannot be invoked at all', async () => {
    const calls: string[][] = [];
    const lambda = createInProcessLambda((records) => void calls.push(textsOf(records)));
    let refusals = 5;
    const { mappings, objects, put, notices } = startMappings(
      {
        ...lambda,
        invoke: (name, payload) =>
          refusals-- > 0 ? Promise.reject(new Error('throttled')) : lambda.invoke(name, payload),
      },
      { mapping: { maxRetryAttempts: 1 } },
    );
    await put(['a']);
    mappings.start();
    await mappings.drained();
    expect(calls).toEqual([['a']]);
    expect(objects.size).toBe(0);
    expect(notices).toEqual([expect.stringContaining('invocation not possible: throttled')]);
  });
});

describe('bisecting', () => {
  it('isolates a poison record, delivers everything else once more at most, and in order', async () => {
    const texts = numbered(16);
    const delivered: string[] = [];
    const { calls, letters } = await deliver(
      texts,
      (records) => {
        failOn('record-11')(records);
        delivered.push(...textsOf(records));
      },
      { mapping: { bisectOnError: true, maxRetryAttempts: 2 } },
    );
    expect(delivered).toEqual(texts.filter((text) => text !== 'record-11'));
    expect(lettersTexts(letters)).toEqual([['record-11']]);
    expect(calls.filter((call) => call.length === 1 && call[0] === 'record-11')).toHaveLength(3);
    expect(calls[0]).toHaveLength(16);
    expect(calls[1]).toEqual(texts.slice(0, 8));
  });

  it('isolates several poison records at the ends and next to each other', async () => {
    const texts = numbered(9);
    const poison = ['record-0', 'record-4', 'record-5', 'record-8'];
    const delivered: string[] = [];
    const { letters } = await deliver(
      texts,
      (records) => {
        for (const each of poison) failOn(each)(records);
        delivered.push(...textsOf(records));
      },
      { mapping: { bisectOnError: true, maxRetryAttempts: 0 } },
    );
    expect(lettersTexts(letters).flat()).toEqual(poison);
    expect(delivered).toEqual(texts.filter((text) => !poison.includes(text)));
  });

  it('moves the checkpoint behind each half that succeeds', async () => {
    const checkpoints: (string | null)[] = [];
    const lambda = createInProcessLambda((records) => {
      checkpoints.push(mappings.checkpoint(mapping.id, SHARD_0));
      return failOn('record-3')(records);
    });
    const { kinesis, mappings, put } = startMappings(lambda, {
      mapping: { bisectOnError: true, maxRetryAttempts: 0 },
    });
    await put(numbered(4));
    mappings.start();
    await mappings.drained();
    const numbers = (
      await kinesis.readAfter('orders', SHARD_0, {
        afterSequenceNumber: null,
        limit: 4,
        maxBytes: 1000,
      })
    ).map((record) => record.sequenceNumber);
    expect(checkpoints).toEqual([null, null, numbers[1], numbers[1], numbers[2]]);
    expect(mappings.checkpoint(mapping.id, SHARD_0)).toBe(numbers[3]);
  });
});

describe('ReportBatchItemFailures', () => {
  const reporting = { reportBatchItemFailures: true };
  const failedItems = (identifiers: readonly unknown[]) => ({
    batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
  });

  it('goes on with the lowest failed record', async () => {
    let attempts = 0;
    const { calls } = await deliver(
      numbered(5),
      (records) => {
        if (++attempts > 1) return failedItems([]);
        const numbers = records.map((record) => record.kinesis.sequenceNumber);
        return failedItems([numbers[4], numbers[2], numbers[3]]);
      },
      { mapping: reporting },
    );
    expect(calls).toEqual([numbered(5), numbered(5).slice(2)]);
  });

  it('gives what is left after progress all its retries, and then discards it', async () => {
    const { letters, calls } = await deliver(
      numbered(4),
      (records) => {
        const poison = records.find((record) => textsOf([record])[0] === 'record-2');
        return failedItems(poison === undefined ? [] : [poison.kinesis.sequenceNumber]);
      },
      { mapping: { ...reporting, maxRetryAttempts: 1 } },
    );
    const rest = numbered(4).slice(2);
    expect(calls).toEqual([numbered(4), rest, rest]);
    expect(lettersTexts(letters)).toEqual([rest]);
    expect(letters[0]?.requestContext.approximateInvokeCount).toBe(2);
    expect(letters[0]?.responseContext?.functionError).toBeNull();
  });

  it('isolates the failed record together with bisecting', async () => {
    const delivered: string[] = [];
    const { letters } = await deliver(
      numbered(8),
      (records) => {
        const texts = textsOf(records);
        const failed = texts.indexOf('record-5');
        delivered.push(...(failed === -1 ? texts : texts.slice(0, failed)));
        return failedItems(failed === -1 ? [] : [records[failed]?.kinesis.sequenceNumber]);
      },
      { mapping: { ...reporting, bisectOnError: true, maxRetryAttempts: 1 } },
    );
    expect(delivered).toEqual(numbered(8).filter((text) => text !== 'record-5'));
    expect(lettersTexts(letters)).toEqual([['record-5']]);
  });

  it.each([
    ['an empty identifier', failedItems([''])],
    ['no identifier', { batchItemFailures: [{}] }],
    ['null', { batchItemFailures: [null] }],
    ['an identifier of another batch', failedItems(['4'.repeat(56)])],
    ['a list that is not one', { batchItemFailures: 'record-1' }],
    ['an answer that is not an object', 'done'],
  ])('fails the whole batch for %s', async (_name, answer) => {
    let attempts = 0;
    const handler = () => (++attempts === 1 ? answer : null);
    const { calls } = await deliver(numbered(3), handler, { mapping: reporting });
    expect(calls).toEqual([numbered(3), numbered(3)]);
  });

  it.each([
    ['null', null],
    ['an empty string', ''],
    ['an empty object', {}],
    ['an empty list', { batchItemFailures: [] }],
    ['no list', { batchItemFailures: null }],
  ])('succeeds for %s', async (_name, answer) => {
    const { calls } = await deliver(numbered(3), () => answer, { mapping: reporting });
    expect(calls).toEqual([numbered(3)]);
  });

  it('is not read when it is not switched on', async () => {
    const { calls } = await deliver(numbered(3), () => failedItems(['']));
    expect(calls).toHaveLength(1);
  });
});
