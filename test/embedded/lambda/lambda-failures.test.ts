import { describe, expect, it } from 'vitest';
import { invokeJson, isAlive, startLambda, waitUntil, writeFunction } from './start-lambda.ts';

describe('a failing function', () => {
  it('keeps type, message and stack trace of a thrown error, and the sandbox', async () => {
    const { service, lines } = startLambda();
    service.ensureFunction(
      writeFunction(`class TableError extends Error { name = 'TableError'; }
        export const handler = async (event) => { if (event.fail) throw new TableError('no table'); return process.pid; };`),
    );
    const before = (await invokeJson(service, {})).value;
    const { outcome, value } = await invokeJson(service, { fail: true });
    expect(outcome).toMatchObject({
      kind: 'error',
      errorType: 'TableError',
      errorMessage: 'no table',
    });
    expect(value).toEqual({
      errorType: 'TableError',
      errorMessage: 'no table',
      trace: expect.arrayContaining([expect.stringContaining('index.mjs')]),
    });
    expect(lines).toContainEqual(expect.stringContaining('no table'));
    expect((await invokeJson(service, {})).value).toBe(before);
  });

  it('reports a thrown value that is not an error', async () => {
    const { service } = startLambda();
    service.ensureFunction(writeFunction('export const handler = async () => { throw "text"; };'));
    expect((await invokeJson(service, {})).value).toEqual({
      errorType: 'string',
      errorMessage: 'text',
      trace: [],
    });
  });

  it.each([
    ['a cycle', 'const a = {}; a.a = a; return a;'],
    ['a bigint', 'return 1n;'],
  ])('reports a result that is not JSON: %s', async (_name, body) => {
    const { service } = startLambda();
    service.ensureFunction(writeFunction(`export const handler = async () => { ${body} };`));
    expect((await invokeJson(service, {})).outcome).toMatchObject({
      kind: 'error',
      errorType: 'Runtime.JSONStringifyError',
    });
  });

  it('reports an answer above 6 MiB and stays warm', async () => {
    const { service } = startLambda();
    service.ensureFunction(
      writeFunction(
        'export const handler = async (e) => e.n === 0 ? process.pid : "x".repeat(e.n);',
      ),
    );
    const pid = (await invokeJson(service, { n: 0 })).value;
    const { outcome } = await invokeJson(service, { n: 6_291_555 });
    expect(outcome).toMatchObject({
      kind: 'error',
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage:
        'Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes).',
    });
    expect((await invokeJson(service, { n: 0 })).value).toBe(pid);
  });

  it.each([
    ['waits', 'await new Promise((r) => setTimeout(r, 60_000));'],
    ['blocks its event loop', 'for (;;);'],
  ])('is killed when its time is out while it %s, and starts afresh', async (_name, body) => {
    const { service, lines } = startLambda();
    service.ensureFunction(
      writeFunction(
        `export const handler = async (e) => { if (e.hang) { ${body} } return process.pid; };`,
        {
          timeoutMs: 300,
          maxConcurrency: 1,
        },
      ),
    );
    const pid = Number((await invokeJson(service, {})).value);
    const { outcome } = await invokeJson(service, { hang: true });
    expect(outcome).toMatchObject({
      kind: 'error',
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${outcome.requestId} Error: Task timed out after 0.30 seconds`,
    });
    expect(lines).toContainEqual(expect.stringContaining('Task timed out after 0.30 seconds'));
    expect((await invokeJson(service, {})).value).not.toBe(pid);
    await waitUntil(() => !isAlive(pid));
  });

  it.each([
    ['exits', 'process.exit(3)', 'Runtime exited with error: exit status 3'],
    ['exits well', 'process.exit(0)', 'Runtime exited without providing a reason'],
    [
      'is killed',
      'process.kill(process.pid, "SIGKILL")',
      'Runtime exited with error: signal: killed',
    ],
    ['aborts', 'process.abort()', 'Runtime exited with error: signal: aborted'],
    ['leaves nothing to wait for', '', 'Runtime exited without providing a reason'],
  ])(
    'that %s is an exit error, and the next invocation gets a new sandbox',
    async (_name, code, message) => {
      const { service } = startLambda();
      service.ensureFunction(
        writeFunction(
          `export const handler = async (e) => { if (e.fail) { ${code}; await new Promise(() => {}); } return 1; };`,
        ),
      );
      await invokeJson(service, {});
      const { outcome } = await invokeJson(service, { fail: true });
      expect(outcome).toMatchObject({
        kind: 'error',
        errorType: 'Runtime.ExitError',
        errorMessage: `RequestId: ${outcome.requestId} Error: ${message}`,
      });
      expect((await invokeJson(service, {})).value).toBe(1);
    },
  );

  it.each([
    [
      'uncaught exception',
      'setTimeout(() => { throw new TypeError("late"); }, 1)',
      'TypeError',
      'late',
    ],
    [
      'unhandled rejection',
      'void Promise.reject(new TypeError("late"))',
      'Runtime.UnhandledPromiseRejection',
      'TypeError: late',
    ],
  ])('reports an %s with its own message', async (_name, code, errorType, errorMessage) => {
    const { service } = startLambda();
    service.ensureFunction(
      writeFunction(
        `export const handler = async () => { ${code}; await new Promise((r) => setTimeout(r, 5000)); };`,
      ),
    );
    expect((await invokeJson(service, {})).outcome).toMatchObject({
      kind: 'error',
      errorType,
      errorMessage,
    });
  });

  it('is out of memory when its heap is full', async () => {
    const { service } = startLambda();
    service.ensureFunction(
      writeFunction(
        'export const handler = async () => { const a = []; for (;;) a.push({ n: a.length, t: [a.length] }); };',
        {
          memoryMb: 128,
        },
      ),
    );
    expect((await invokeJson(service, {})).outcome).toMatchObject({
      kind: 'error',
      errorType: 'Runtime.OutOfMemory',
    });
  });

  it('is out of memory when buffers outside its heap are too large', async () => {
    const { service } = startLambda();
    service.ensureFunction(
      writeFunction(`const kept = []; export const handler = async () => {
        for (;;) { kept.push(Buffer.alloc(8 * 1024 * 1024, 1)); await new Promise((r) => setTimeout(r, 5)); }
      };`),
    );
    expect((await invokeJson(service, {})).outcome).toMatchObject({
      kind: 'error',
      errorType: 'Runtime.OutOfMemory',
      errorMessage: expect.stringContaining('signal: killed'),
    });
  });

  it('keeps the outcome of an invocation that crashes right after its answer', async () => {
    const { service } = startLambda();
    service.ensureFunction(
      writeFunction(`export const handler = async (event) => {
        if (event.crash) setTimeout(() => process.exit(1), 2);
        return 'done';
      };`),
    );
    for (let i = 0; i < 3; i++) {
      await invokeJson(service, {});
      const crashing = invokeJson(service, { crash: true });
      await new Promise((resolve) => setTimeout(resolve, 1));
      // Answer and exit come to this process in one turn of its event loop.
      for (const endMs = performance.now() + 100; performance.now() < endMs; );
      expect((await crashing).value).toBe('done');
      await waitUntil(() => service.childPids().length === 0);
    }
  });
});

describe('a function that blocks after its answer', () => {
  it('makes room for a new sandbox', async () => {
    const { service } = startLambda();
    const source =
      'export const handler = async () => { setImmediate(() => { for (;;); }); return process.pid; };';
    service.ensureFunction(writeFunction(source, { maxConcurrency: 1 }));
    const first = await invokeJson(service, {});
    const second = await invokeJson(service, {});
    expect([first.outcome.kind, second.outcome.kind]).toEqual(['success', 'success']);
    expect(second.value).not.toBe(first.value);
  });
});

describe('a function that does not start', () => {
  it.each([
    [
      'index.mjs',
      'import "missing-package"; export const handler = 1;',
      'Runtime.ImportModuleError',
    ],
    ['other.mjs', 'export const handler = async () => 1;', 'Runtime.ImportModuleError'],
    ['index.mjs', 'export const handler = async () => {;', 'Runtime.UserCodeSyntaxError'],
    ['index.mjs', 'export const other = async () => 1;', 'Runtime.HandlerNotFound'],
    [
      'index.mjs',
      'export const handler = (e, c, done) => done();',
      'Runtime.CallbackHandlerDeprecated',
    ],
    ['index.mjs', 'throw new RangeError("broken");', 'RangeError'],
    ['index.mjs', 'process.exit(7);', 'Runtime.ExitError'],
  ])('reports %s %j as %s', async (file, source, errorType) => {
    const { service } = startLambda();
    service.ensureFunction(writeFunction(source, { file }));
    const answers = await Promise.all([invokeJson(service, {}), invokeJson(service, {})]);
    for (const { outcome } of answers) expect(outcome).toMatchObject({ kind: 'error', errorType });
  });

  it('reports a handler name that names no function', async () => {
    const { service } = startLambda();
    service.ensureFunction(writeFunction('', { handler: 'index' }));
    expect((await invokeJson(service, {})).outcome).toMatchObject({
      errorType: 'Runtime.MalformedHandlerName',
    });
  });

  it('is killed when its initialization takes too long', async () => {
    const { service } = startLambda({ initTimeoutMs: 300 });
    service.ensureFunction(writeFunction('await new Promise((r) => setTimeout(r, 60_000));'));
    expect((await invokeJson(service, {})).outcome).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringContaining('timed out after 0.30 seconds'),
    });
    expect(service.childPids()).toEqual([]);
  });
});
