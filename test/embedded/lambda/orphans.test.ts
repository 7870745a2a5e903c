import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isAlive, waitUntil, writeFunction } from './start-lambda.ts';

/** Starts two invocations that do not end and prints all pids that they print. */
const PARENT = `
import { createLambdaService } from '#embedded/lambda/lambda-service.ts';
const service = createLambdaService({ endpointUrl: null });
const config = JSON.parse(process.argv[1]);
service.ensureFunction(config);
const started = [];
service.onLog(({ text }) => {
  if (text.startsWith('pids ') && started.push(...text.slice(5).split(',')) % 2 === 0) console.log(started.join());
});
for (let i = 0; i < 2; i++) void service.invoke(config.name, Buffer.from('{}'));
`;

async function startParent(handler: { readonly before?: string; readonly after?: string }) {
  const source = `export const handler = async () => {
    const pids = [process.pid];
    ${handler.before ?? ''}
    console.log('pids ' + pids);
    ${handler.after ?? ''}
  };`;
  const config = writeFunction(source, { timeoutMs: 600_000 });
  const args = ['--input-type=module-typescript', '-e', PARENT, JSON.stringify(config)];
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = new Promise((resolve) => parent.once('exit', resolve));
  let printed = '';
  parent.stdout.on('data', (chunk: Buffer) => {
    printed += chunk;
  });
  await waitUntil(() => printed.endsWith('\n') && pidsIn(printed).length >= 2);
  return { parent, exit, pids: () => pidsIn(printed) };
}

function pidsIn(printed: string): number[] {
  return (printed.trimEnd().split('\n').at(-1) ?? '').split(',').map(Number);
}

const WAIT = 'await new Promise((r) => setTimeout(r, 600_000));';

describe('sandboxes', () => {
  it.each([
    ['wait', { after: WAIT }, 2],
    ['block their event loop', { after: 'for (;;);' }, 2],
    [
      'have started processes of their own',
      {
        before:
          'const { spawn } = await import("node:child_process"); pids.push(spawn("sleep", ["600"]).pid);',
        after: WAIT,
      },
      4,
    ],
  ])('that %s end when the local cloud is killed', async (_name, handler, count) => {
    const { parent, exit, pids } = await startParent(handler);
    await waitUntil(() => pids().length === count);
    expect(pids().every(isAlive)).toBe(true);
    parent.kill('SIGKILL');
    await exit;
    await waitUntil(() => !pids().some(isAlive));
  });

  it('that are idle end when the local cloud exits without closing', async () => {
    const { parent, exit, pids } = await startParent({});
    parent.kill('SIGTERM');
    await exit;
    await waitUntil(() => !pids().some(isAlive));
  });
});
