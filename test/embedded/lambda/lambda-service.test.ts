import { describe, expect, it } from 'vitest';
import { invokeJson, isAlive, startLambda, waitUntil, writeFunction } from './start-lambda.ts';

describe('a function', () => {
  it('answers from an ES module', async () => {
    const { service } = startLambda();
    service.ensureFunction(writeFunction('export const handler = async (e) => ({ got: e.x });'));
    expect(await invokeJson(service, { x: 'ü' })).toMatchObject({
      outcome: { kind: 'success' },
      value: { got: 'ü' },
    });
  });

  it.each([
    ['index.cjs', 'index.handler', 'exports.handler = async () => "cjs";'],
    ['src/deep.js', 'src/deep.handler', 'exports.handler = async () => "js";'],
    ['index.mjs', 'index.api.run', 'export const api = { run: async () => "nested" };'],
    ['index.mjs', 'index.handler', 'export const handler = () => "not async";'],
  ])('is loaded from %s as %s', async (file, handler, source) => {
    const { service } = startLambda();
    service.ensureFunction(writeFunction(source, { file, handler }));
    expect((await invokeJson(service, {})).outcome.kind).toBe('success');
  });

  it('sees the environment of Lambda, its own variables, PATH, and nothing else of this process', async () => {
    process.env['SLUICE_TEST_SECRET'] = 'leak';
    const { service } = startLambda();
    const config = writeFunction('export const handler = async () => process.env;', {
      environment: { TABLE: 'orders' },
    });
    service.ensureFunction(config);
    const { value } = await invokeJson(service, {});
    delete process.env['SLUICE_TEST_SECRET'];
    expect(value).toEqual({
      PATH: process.env['PATH'],
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      TABLE: 'orders',
      SLUICE_SECRETS_ROOT: process.cwd(),
      _HANDLER: 'index.handler',
      LAMBDA_TASK_ROOT: config.codeDir,
      AWS_LAMBDA_RUNTIME_API: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      AWS_LAMBDA_FUNCTION_NAME: 'writer',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/writer',
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(
        /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/,
      ),
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_SESSION_TOKEN: 'local',
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Sampled=0$/),
    });
  });

  it('runs in UTC, in its code folder, with the context of Lambda', async () => {
    const { service } = startLambda();
    const config = writeFunction(`export const handler = async (event, context) => ({
      ...context, hour: new Date(0).getHours(), cwd: process.cwd(), left: context.getRemainingTimeInMillis(),
    });`);
    service.ensureFunction(config);
    const { value, outcome } = await invokeJson(service, {});
    expect(value).toMatchObject({
      functionName: 'writer',
      functionVersion: '$LATEST',
      invokedFunctionArn: config.arn,
      memoryLimitInMB: '256',
      awsRequestId: outcome.requestId,
      logGroupName: '/aws/lambda/writer',
      callbackWaitsForEmptyEventLoop: true,
      hour: 0,
    });
    const { left } = value as { left: number };
    expect(left).toBeGreaterThan(5000);
    expect(left).toBeLessThanOrEqual(10_000);
  });

  it('is warm the second time', async () => {
    const { service } = startLambda();
    service.ensureFunction(
      writeFunction('let n = 0; export const handler = async () => [process.pid, ++n];'),
    );
    const first = (await invokeJson(service, {})).value as number[];
    expect((await invokeJson(service, {})).value).toEqual([first[0], 2]);
    expect(service.childPids()).toEqual([first[0]]);
  });

  it('runs one invocation at a time per sandbox, up to the concurrency limit, and the rest afterwards', async () => {
    const { service } = startLambda();
    service.ensureFunction(
      writeFunction(`let running = 0; let most = 0;
        export const handler = async () => {
          most = Math.max(most, ++running);
          await new Promise((r) => setTimeout(r, 20));
          running--;
          return { pid: process.pid, most };
        };`),
    );
    const answers = await Promise.all(Array.from({ length: 8 }, () => invokeJson(service, {})));
    const values = answers.map((answer) => answer.value as { pid: number; most: number });
    expect(new Set(values.map((value) => value.pid)).size).toBe(2);
    expect(values.every((value) => value.most === 1)).toBe(true);
  });

  it('answers null for undefined', async () => {
    const { service } = startLambda();
    service.ensureFunction(writeFunction('export const handler = async () => {};'));
    expect((await invokeJson(service, {})).value).toBeNull();
  });

  it('takes a payload and gives an answer of almost 6 MiB', async () => {
    const { service } = startLambda();
    service.ensureFunction(writeFunction('export const handler = async (event) => event;'));
    const text = 'x'.repeat(6_291_456 - 2);
    expect((await invokeJson(service, text)).value).toBe(text);
    await expect(invokeJson(service, `${text}x`)).rejects.toMatchObject({
      code: 'RequestTooLargeException',
      status: 413,
    });
  });

  it('is replaced by a changed configuration and left alone by an equal one', async () => {
    const { service } = startLambda();
    const config = writeFunction(
      'export const handler = async () => [process.pid, process.env.V ?? "1"];',
    );
    service.ensureFunction(config);
    const [pid] = (await invokeJson(service, {})).value as [number];
    service.ensureFunction({ ...config });
    expect((await invokeJson(service, {})).value).toEqual([pid, '1']);
    service.ensureFunction({ ...config, environment: { V: '2' } });
    const [newPid, version] = (await invokeJson(service, {})).value as [number, string];
    expect(version).toBe('2');
    expect(newPid).not.toBe(pid);
    await waitUntil(() => !isAlive(pid));
  });

  it('ends a sandbox that has had no work for a while', async () => {
    const { service } = startLambda({ idleTimeoutMs: 30 });
    service.ensureFunction(writeFunction('export const handler = async () => process.pid;'));
    const { value } = await invokeJson(service, {});
    await waitUntil(() => service.childPids().length === 0 && !isAlive(Number(value)));
    expect((await invokeJson(service, {})).value).not.toBe(value);
  });

  it('is known by name and ARN', () => {
    const { service } = startLambda();
    const config = writeFunction('');
    service.ensureFunction(config);
    for (const known of ['writer', 'writer:$LATEST', config.arn, '000000000000:function:writer']) {
      expect(service.hasFunction(known)).toBe(true);
    }
    for (const unknown of [
      'reader',
      'writer:1',
      config.arn.replace('us-east-1', 'eu-west-1'),
      '',
    ]) {
      expect(service.hasFunction(unknown)).toBe(false);
    }
  });

  it('rejects an invocation when it does not exist', async () => {
    const { service } = startLambda();
    await expect(invokeJson(service, {})).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });

  it.each([
    [{ name: 'no spaces' }, 'FunctionName is "no spaces"'],
    [{ timeoutMs: 901_000 }, 'Timeout is 901 s'],
    [{ memoryMb: 64 }, 'MemorySize is 64 MB'],
    [{ maxConcurrency: 0 }, 'maxConcurrency is 0'],
    [{ codeDir: '/no/such/folder' }, 'Code is /no/such/folder'],
    [{ environment: { AWS_REGION: 'x', OK: 'y' } }, 'Environment sets AWS_REGION, which'],
  ])('is refused by the property that is wrong: %j', (wrong, message) => {
    const { service } = startLambda();
    expect(() => service.ensureFunction(writeFunction('', wrong))).toThrow(message);
  });

  it('logs its lines between those of Lambda', async () => {
    const { service, lines } = startLambda();
    service.ensureFunction(
      writeFunction(
        'console.log("init"); export const handler = async () => { console.log("a\\nb"); console.error("ü"); };',
      ),
    );
    const { outcome } = await invokeJson(service, {});
    expect(lines).toEqual([
      'init',
      `START RequestId: ${outcome.requestId} Version: $LATEST`,
      'a',
      'b',
      'ü',
      `END RequestId: ${outcome.requestId}`,
      expect.stringMatching(/^REPORT RequestId: \S+\tDuration: .*\tInit Duration: [\d.]+ ms$/),
    ]);
  });
});

describe('closing', () => {
  it('ends every sandbox and refuses what waits and what comes', async () => {
    const { service } = startLambda();
    service.ensureFunction(
      writeFunction(
        'export const handler = () => new Promise(() => setInterval(() => {}, 1000));',
        {
          maxConcurrency: 1,
        },
      ),
    );
    const running = invokeJson(service, {});
    const waiting = invokeJson(service, {});
    waiting.catch(() => undefined);
    await waitUntil(() => service.childPids().length === 1);
    const [pid = 0] = service.childPids();
    await service.close();
    expect(isAlive(pid)).toBe(false);
    expect(service.childPids()).toEqual([]);
    await expect(waiting).rejects.toThrow('stopping');
    await expect(invokeJson(service, {})).rejects.toThrow('stopping');
    await Promise.allSettled([running]);
  });
});
