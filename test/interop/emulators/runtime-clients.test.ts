import { describe, expect, it } from 'vitest';
import type { LambdaFunctionConfig } from '#embedded/services.ts';
import {
  invokeJson,
  isAlive,
  startLambda,
  waitUntil,
  writeFunction,
} from '#test/embedded/lambda/start-lambda.ts';
import { RUNTIME_CLIENTS } from '../judges/runtime-clients.ts';
import { folderVariable } from './judge-environment.ts';

const INSTALLED = RUNTIME_CLIENTS.flatMap((client) => {
  const folder = process.env[folderVariable(client.name)];
  return folder === undefined ? [] : [{ client, folder }];
});

describe.each(INSTALLED)('Runtime API on $client.name', ({ client, folder }) => {
  const start = (config: Partial<LambdaFunctionConfig> = {}, source = client.source) => {
    const { service, lines } = startLambda();
    service.ensureFunction(
      writeFunction(source, {
        file: client.file,
        runtimeCommand: client.command(folder, 'index.handler'),
        timeoutMs: 20_000,
        ...config,
      }),
    );
    return { service, lines };
  };

  it('hands out events and takes answers, in one process', async () => {
    const { service } = start();
    const first = await invokeJson(service, { text: 'Zürich 😀', n: 1 });
    expect(first.outcome.kind).toBe('success');
    expect(first.value).toMatchObject({ event: { text: 'Zürich 😀', n: 1 } });
    const second = await invokeJson(service, { n: 2 });
    expect((second.value as { pid: number }).pid).toBe((first.value as { pid: number }).pid);
  });

  it('tells the handler its request, its function and the time that is left', async () => {
    const { service } = start({ timeoutMs: 20_000 });
    const { outcome, value } = await invokeJson(service, { context: true });
    expect(value).toMatchObject({
      runtime: expect.stringContaining(client.name),
      requestId: outcome.requestId,
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:writer',
      memory: '256',
    });
    const { remainingMs } = value as { remainingMs: number };
    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThanOrEqual(20_000);
  });

  it('takes what the handler throws, and stays warm', async () => {
    const { service } = start();
    const before = (await invokeJson(service, {})).value as { pid: number };
    const { outcome, value } = await invokeJson(service, { fail: true });
    expect(outcome).toMatchObject({
      kind: 'error',
      errorType: 'TypeError',
      errorMessage: 'as asked',
    });
    expect(value).toMatchObject({ errorType: 'TypeError', errorMessage: 'as asked' });
    expect((await invokeJson(service, {})).value).toMatchObject({ pid: before.pid });
  });

  it('carries an event and an answer of almost 6 MiB', async () => {
    const { service } = start();
    const text = 'y'.repeat(6_200_000);
    const echoed = await invokeJson(service, { text });
    expect(echoed.outcome.kind).toBe('success');
    expect((echoed.value as { event: { text: string } }).event.text).toBe(text);
  });

  it('refuses an answer above 6 MiB and goes on', async () => {
    const { service } = start();
    const { outcome } = await invokeJson(service, { large: 6_400_000 });
    expect(outcome).toMatchObject({ kind: 'error', errorType: 'Function.ResponseSizeTooLarge' });
    expect((await invokeJson(service, { n: 1 })).value).toMatchObject({ event: { n: 1 } });
  });

  it('is ended when the time is out, and started again', async () => {
    const { service } = start({ timeoutMs: 1500 });
    const { pid } = (await invokeJson(service, {})).value as { pid: number };
    const { outcome } = await invokeJson(service, { sleepMs: 10_000 });
    expect(outcome).toMatchObject({ kind: 'error', errorType: 'Sandbox.Timedout' });
    await waitUntil(() => !isAlive(pid));
    const after = (await invokeJson(service, {})).value as { pid: number };
    expect(after.pid).not.toBe(pid);
  });

  it('is reported when it exits in the middle, and started again', async () => {
    const { service } = start();
    const { outcome } = await invokeJson(service, { exit: 3 });
    expect(outcome).toMatchObject({
      kind: 'error',
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('exit status 3'),
    });
    expect((await invokeJson(service, { n: 1 })).value).toMatchObject({ event: { n: 1 } });
  });

  it('reports a module that cannot be loaded', async () => {
    const { service } = start({}, client.file.endsWith('.py') ? 'this is no Python' : '}{');
    const { outcome } = await invokeJson(service, {});
    expect(outcome.kind).toBe('error');
    expect(outcome).toMatchObject({ errorType: expect.stringContaining('SyntaxError') });
  });

  it('reports a handler that does not exist', async () => {
    const handler = 'index.nothing';
    const { service } = start({ handler, runtimeCommand: client.command(folder, handler) });
    const { outcome } = await invokeJson(service, {});
    expect(outcome).toMatchObject({
      kind: 'error',
      errorType: expect.stringContaining('HandlerNotFound'),
    });
  });

  it('logs what the handler prints between the lines of Lambda', async () => {
    const { service, lines } = start();
    await invokeJson(service, { print: 'printed by the handler' });
    await waitUntil(() => lines.some((line) => line.startsWith('REPORT')));
    const printed = lines.findIndex((line) => line.includes('printed by the handler'));
    expect(printed).toBeGreaterThan(lines.findIndex((line) => line.startsWith('START')));
    expect(printed).toBeLessThan(lines.findIndex((line) => line.startsWith('END')));
  });

  it('runs several at once, each in a process of its own', async () => {
    const { service } = start({ maxConcurrency: 3 });
    const answers = await Promise.all(
      [1, 2, 3].map((n) => invokeJson(service, { n, sleepMs: 300 })),
    );
    const values = answers.map(({ value }) => value as { event: { n: number }; pid: number });
    expect(values.map(({ event }) => event.n)).toEqual([1, 2, 3]);
    expect(new Set(values.map(({ pid }) => pid)).size).toBe(3);
  });
});
