import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createIamService } from '#embedded/iam/iam-service.ts';
import { AsyncInvocations } from '#embedded/lambda/async/async-invocations.ts';
import { PlatformAccess } from '#embedded/lambda/event-source/platform-access.ts';
import { throttled } from '#embedded/lambda/lambda-functions.ts';
import type { IamService, LambdaOutcome } from '#embedded/services.ts';

const WRITER = { name: 'writer', arn: 'arn:aws:lambda:us-east-1:000000000000:function:writer' };
const LETTERS = 'arn:aws:sqs:us-east-1:000000000000:letters';
const ROLE = 'arn:aws:iam::000000000000:role/writer';
const EVENT = Buffer.from('{"number":1}');

const success: LambdaOutcome = { kind: 'success', payload: Buffer.from('"ok"'), requestId: 'r' };
const failure: LambdaOutcome = {
  kind: 'error',
  errorType: 'Error',
  errorMessage: 'no',
  payload: Buffer.from('{"errorMessage":"no"}'),
  requestId: 'r',
};

type Answer = LambdaOutcome | Error | 'never';

function startInvocations(answers: Answer[], options: { readonly iam?: IamService } = {}) {
  const stateDir = mkdtempSync(path.join(os.tmpdir(), 'sluice-async-'));
  const calls: string[] = [];
  const letters: { queue: string; body: unknown }[] = [];
  const notices: string[] = [];
  const open = () =>
    new AsyncInvocations({
      stateDir,
      invoke: async (_name, payload) => {
        calls.push(payload.toString());
        const answer = answers.shift() ?? success;
        if (answer === 'never') return await new Promise(() => undefined);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      retryDelaysMs: [1, 1],
      sqs: {
        send: (queue, { body }) => {
          letters.push({ queue, body: JSON.parse(body) });
          return 'id';
        },
      },
      access: new PlatformAccess(options.iam, () => ROLE),
      metrics: undefined,
      onNotice: (text) => notices.push(text),
    });
  let invocations = open();
  onTestFinished(() => {
    invocations.close();
    rmSync(stateDir, { recursive: true, force: true });
  });
  const withLetters = { functionName: 'writer', onSuccessQueue: null, onFailureQueue: LETTERS };
  return {
    ...{ calls, letters, notices },
    invocations: () => invocations,
    configure: (maxRetryAttempts: number) =>
      invocations.configure({ ...withLetters, maxRetryAttempts, maxEventAgeSeconds: 60 }),
    restart: () => {
      invocations.close();
      invocations = open();
    },
  };
}

describe('an asynchronous invocation', () => {
  it('is repeated twice after errors, and then told to the destination', async () => {
    const started = startInvocations([failure, failure, failure]);
    started.configure(2);
    started.invocations().accept(WRITER, EVENT);
    await expect.poll(() => started.letters.length).toBe(1);
    expect(started.calls).toHaveLength(3);
    expect(started.letters[0]).toEqual({
      queue: LETTERS,
      body: {
        version: '1.0',
        timestamp: expect.any(String),
        requestContext: {
          requestId: expect.any(String),
          functionArn: `${WRITER.arn}:$LATEST`,
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: { number: 1 },
        responseContext: {
          statusCode: 200,
          executedVersion: '$LATEST',
          functionError: 'Unhandled',
        },
        responsePayload: { errorMessage: 'no' },
      },
    });
  });

  it('has as many retries as configured', async () => {
    const started = startInvocations([failure]);
    started.configure(0);
    started.invocations().accept(WRITER, EVENT);
    await expect.poll(() => started.letters.length).toBe(1);
    expect(started.calls).toHaveLength(1);
  });

  it('survives the process: what was not processed is invoked again, what was is not', async () => {
    const started = startInvocations([success, 'never']);
    started.invocations().accept(WRITER, EVENT);
    await expect.poll(() => started.calls.length).toBe(1);
    started.invocations().accept(WRITER, Buffer.from('{"number":2}'));
    await expect.poll(() => started.calls.length).toBe(2);
    started.restart();
    started.invocations().resume();
    await expect.poll(() => started.calls.length).toBe(3);
    expect(started.calls[2]).toBe('{"number":2}');
    await new Promise((resolve) => setImmediate(resolve));
    started.restart();
    started.invocations().resume();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(started.calls).toHaveLength(3);
  });

  it('that is throttled waits and uses up no attempt', async () => {
    const started = startInvocations([throttled()]);
    started.configure(0);
    started.invocations().accept(WRITER, EVENT);
    await expect.poll(() => started.calls.length, { timeout: 2000 }).toBe(2);
    expect(started.letters).toEqual([]);
  });

  it('reaches its destination in the role of the function only', async () => {
    const iam = createIamService();
    const trust = {
      Statement: [
        {
          Effect: 'Allow' as const,
          Action: 'sts:AssumeRole',
          Principal: { Service: 'lambda.amazonaws.com' },
        },
      ],
    };
    iam.ensureRole({ name: 'writer', arn: ROLE, trust, policies: [] });
    const started = startInvocations([failure, failure], { iam });
    started.configure(0);
    started.invocations().accept(WRITER, EVENT);
    await expect.poll(() => started.notices.length).toBe(1);
    expect(started.notices[0]).toMatch(/not authorized to perform: sqs:SendMessage/);
    const grant = { Effect: 'Allow' as const, Action: 'sqs:SendMessage', Resource: LETTERS };
    iam.ensureRolePolicy('writer', { name: 'letters', document: { Statement: [grant] } });
    started.invocations().accept(WRITER, EVENT);
    await expect.poll(() => started.letters.length).toBe(1);
  });
});
