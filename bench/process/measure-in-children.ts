import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ToChild, ToParent } from './answer-parent.ts';

/**
 * One process per request, all at once; the answers are in the order of the requests. The children wait for each
 * other where they call `ready` (see answerParent). Rejects when one of them ends without an answer, after ending the rest.
 */
export async function measureInChildren<Measured>(
  script: URL,
  requests: readonly unknown[],
): Promise<readonly Measured[]> {
  const children = requests.map(() =>
    fork(fileURLToPath(script), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // stdout belongs to the results.
      stdio: ['ignore', 2, 2, 'ipc'],
    }),
  );
  let waiting = 0;
  const onReady = (): void => {
    waiting += 1;
    if (waiting === children.length) for (const child of children) tell(child, { go: true });
  };
  try {
    const answers = children.map((child, index) => {
      const answer = answerOf<Measured>(child, onReady);
      tell(child, { request: requests[index] });
      return answer;
    });
    return await Promise.all(answers);
  } finally {
    await Promise.all(children.map(endChild));
  }
}

/** As measureInChildren, for one request. */
export async function measureInChild<Measured>(script: URL, request: unknown): Promise<Measured> {
  const [measured] = await measureInChildren<Measured>(script, [request]);
  if (measured === undefined) throw new Error(`${script.pathname}: expected an answer, got none`);
  return measured;
}

function answerOf<Measured>(child: ChildProcess, onReady: () => void): Promise<Measured> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: ToParent) => {
      if ('ready' in message) onReady();
      else resolve(message.measured as Measured);
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      reject(
        new Error(`a benchmark process ended without an answer: ${signal ?? `status ${code}`}`),
      );
    });
  });
}

function tell(child: ChildProcess, message: ToChild): void {
  // A child that is gone is noticed by its exit.
  child.send(message, () => undefined);
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.kill();
  await ended;
}
