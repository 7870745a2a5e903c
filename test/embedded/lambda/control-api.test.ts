import http, { type IncomingHttpHeaders } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGateway } from '#embedded/gateway/gateway.ts';
import type { LambdaOptions } from '#embedded/lambda/lambda-service.ts';
import { startLambda, waitUntil, writeFunction } from './start-lambda.ts';

const FUNCTIONS = '/2015-03-31/functions';
async function start(options: Partial<LambdaOptions> = {}) {
  const { service, lines } = startLambda(options);
  const gateway = await startGateway({
    port: 0,
    services: { lambda: service },
    health: () => null,
  });
  onTestFinished(() => gateway.close());
  const call = (method: string, path: string, request: Call = {}) =>
    send(`${gateway.endpoint}${path}`, method, request);
  return { service, lines, call };
}

interface Call {
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function send(url: string, method: string, { headers, body }: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode, headers: response.headers, text });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('the Lambda control API', () => {
  it('invokes and answers the result with the log tail', async () => {
    const { service, call } = await start();
    service.ensureFunction(
      writeFunction('export const handler = async (e) => { console.log("hello"); return e; };'),
    );
    const answer = await call('POST', `${FUNCTIONS}/writer/invocations`, {
      headers: { 'x-amz-log-type': 'Tail' },
      body: '{"a":1}',
    });
    expect(answer).toMatchObject({ status: 200, text: '{"a":1}' });
    expect(answer.headers).toMatchObject({ 'x-amz-executed-version': '$LATEST' });
    expect(answer.headers['x-amz-function-error']).toBeUndefined();
    const log = Buffer.from(String(answer.headers['x-amz-log-result']), 'base64').toString();
    expect(log).toMatch(/^START RequestId: .*\nhello\nEND RequestId: .*\nREPORT RequestId: /);
  });

  it('invokes by encoded ARN, with an empty event when there is no body', async () => {
    const { service, call } = await start();
    const config = writeFunction('export const handler = async (e) => e;');
    service.ensureFunction(config);
    const path = `${FUNCTIONS}/${encodeURIComponent(config.arn)}/invocations?Qualifier=$LATEST`;
    expect(await call('POST', path)).toMatchObject({ status: 200, text: '{}' });
  });

  it('marks a failed invocation and keeps at most 4 KiB of its log', async () => {
    const { service, call } = await start();
    service.ensureFunction(
      writeFunction(
        'export const handler = async () => { console.log("x".repeat(9000)); throw new Error("no"); };',
      ),
    );
    const answer = await call('POST', `${FUNCTIONS}/writer/invocations`, {
      headers: { 'x-amz-log-type': 'Tail' },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-amz-function-error']).toBe('Unhandled');
    expect(JSON.parse(answer.text)).toMatchObject({ errorType: 'Error', errorMessage: 'no' });
    const log = Buffer.from(String(answer.headers['x-amz-log-result']), 'base64');
    expect(log.length).toBe(4096);
  });

  it('accepts an asynchronous invocation at once and tries it three times', async () => {
    const { service, lines, call } = await start({ asyncRetryDelaysMs: [10, 10] });
    service.ensureFunction(
      writeFunction(
        'export const handler = async (e) => { console.log("try"); throw new Error(); };',
      ),
    );
    const answer = await call('POST', `${FUNCTIONS}/writer/invocations`, {
      headers: { 'x-amz-invocation-type': 'Event' },
      body: '{}',
    });
    expect(answer).toMatchObject({ status: 202, text: '' });
    const reports = () => lines.filter((line) => line.startsWith('REPORT'));
    await waitUntil(() => reports().length === 3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lines.filter((line) => line === 'try')).toHaveLength(3);
  });

  it('throttles what exceeds the reserved concurrency, and tries an asynchronous invocation again', async () => {
    const { service, lines, call } = await start();
    const source =
      'export const handler = async (e) => { console.log(e.name); await new Promise((r) => setTimeout(r, 300)); };';
    service.ensureFunction(writeFunction(source, { maxConcurrency: 1, reservedConcurrency: 1 }));
    const path = `${FUNCTIONS}/writer/invocations`;
    const first = call('POST', path, { body: '{"name":"first"}' });
    await waitUntil(() => lines.includes('first'));
    const throttled = await call('POST', path, { body: '{"name":"second"}' });
    expect(throttled.status).toBe(429);
    expect(throttled.headers['x-amzn-errortype']).toBe('TooManyRequestsException');
    expect(JSON.parse(throttled.text)).toMatchObject({
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
    const headers = { 'x-amz-invocation-type': 'Event' };
    expect(await call('POST', path, { headers, body: '{"name":"third"}' })).toMatchObject({
      status: 202,
    });
    expect((await first).status).toBe(200);
    await waitUntil(() => lines.includes('third'));
    expect(lines).not.toContain('second');
  });

  it('runs nothing for a dry run', async () => {
    const { service, call } = await start();
    service.ensureFunction(writeFunction('export const handler = async () => 1;'));
    const headers = { 'x-amz-invocation-type': 'DryRun' };
    expect(await call('POST', `${FUNCTIONS}/writer/invocations`, { headers })).toMatchObject({
      status: 204,
    });
    expect(service.childPids()).toEqual([]);
  });

  it.each([
    ['POST', `${FUNCTIONS}/gone/invocations`, {}, 404, 'ResourceNotFoundException'],
    ['POST', `${FUNCTIONS}/writer/invocations?Qualifier=7`, {}, 404, 'ResourceNotFoundException'],
    [
      'POST',
      `${FUNCTIONS}/writer/invocations`,
      { body: '{' },
      400,
      'InvalidRequestContentException',
    ],
    [
      'POST',
      `${FUNCTIONS}/writer/invocations`,
      { body: `"${'x'.repeat(6_291_456)}"` },
      413,
      'RequestTooLargeException',
    ],
    [
      'POST',
      `${FUNCTIONS}/writer/invocations`,
      { headers: { 'x-amz-invocation-type': 'Event' }, body: `"${'x'.repeat(1_048_576)}"` },
      413,
      'RequestTooLargeException',
    ],
    [
      'POST',
      `${FUNCTIONS}/writer/invocations`,
      { headers: { 'x-amz-invocation-type': 'Later' } },
      400,
      'InvalidParameterValueException',
    ],
    ['GET', `${FUNCTIONS}/gone`, {}, 404, 'ResourceNotFoundException'],
    ['GET', `${FUNCTIONS}/%ff`, {}, 400, 'InvalidParameterValueException'],
    ['GET', `${FUNCTIONS}?MaxItems=0`, {}, 400, 'InvalidParameterValueException'],
    ['POST', FUNCTIONS, { body: '{}' }, 501, 'NotImplemented'],
    ['GET', `${FUNCTIONS}/writer/policy`, {}, 501, 'NotImplemented'],
    ['DELETE', `${FUNCTIONS}/writer`, {}, 501, 'NotImplemented'],
    ['GET', '/2017-03-31/functions/writer/concurrency', {}, 501, 'NotImplemented'],
    ['GET', '/2015-03-31/event-source-mappings', {}, 501, 'NotImplemented'],
    ['PATCH', '/2015-03-31/event-source-mappings/id', {}, 501, 'NotImplemented'],
  ])('answers %s %s %j with %i %s', async (method, path, request: Call, status, type) => {
    const { service, call } = await start();
    service.ensureFunction(writeFunction('export const handler = async () => 1;'));
    const answer = await call(method, path, request);
    expect(answer.status).toBe(status);
    expect(answer.headers['x-amzn-errortype']).toBe(type);
    expect(JSON.parse(answer.text)).toMatchObject({ Message: expect.any(String) });
  });

  it('shows a function', async () => {
    const { service, call } = await start();
    const config = writeFunction('', { environment: { A: '1' } });
    service.ensureFunction(config);
    const answer = await call('GET', `${FUNCTIONS}/writer`);
    expect(JSON.parse(answer.text)).toMatchObject({
      Configuration: {
        FunctionName: 'writer',
        FunctionArn: config.arn,
        Runtime: 'nodejs24.x',
        Timeout: 10,
        MemorySize: 256,
        Environment: { Variables: { A: '1' } },
        State: 'Active',
      },
    });
  });

  it('lists functions in pages', async () => {
    const { service, call } = await start();
    for (const name of ['a', 'b', 'c']) service.ensureFunction(writeFunction('', { name }));
    const first = JSON.parse((await call('GET', `${FUNCTIONS}/?MaxItems=2`)).text);
    const rest = JSON.parse(
      (await call('GET', `${FUNCTIONS}/?MaxItems=2&Marker=${first.NextMarker}`)).text,
    );
    const names = [...first.Functions, ...rest.Functions].map(
      (each: { FunctionName: string }) => each.FunctionName,
    );
    expect(names).toEqual(['a', 'b', 'c']);
    expect(rest.NextMarker).toBeUndefined();
  });
});

describe('the Runtime API', () => {
  it('refuses answers to another invocation and unknown paths', async () => {
    const { service } = startLambda();
    const probe = `
      import http from 'node:http';
      const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
      const call = (method, path) => new Promise((resolve) => {
        http.request({ host, port, method, path }, (r) => { r.resume(); resolve(r.statusCode); }).end(method === 'GET' ? undefined : '{}');
      });
      export const handler = async () => [
        await call('POST', '/2018-06-01/runtime/invocation/11111111-0000/response'),
        await call('POST', '/2018-06-01/runtime/init/error'),
        await call('GET', '/2018-06-01/runtime/invocation/next'),
        await call('PUT', '/2018-06-01/runtime/invocation/next'),
        await call('GET', '/other'),
      ];`;
    service.ensureFunction(writeFunction(probe));
    const outcome = await service.invoke('writer', Buffer.from('{}'));
    expect(JSON.parse(outcome.payload.toString())).toEqual([400, 400, 403, 405, 404]);
  });
});
