import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { listensBeyondLoopback } from './listening-sockets.ts';

/** A judge's server on a port of its own on 127.0.0.1. */
export interface RunningJudge {
  readonly endpoint: string;
  /** Ends this process and those it started; nothing else. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * Starts a server and waits until it answers HTTP. The environment is the given one and PATH, so that
 * no setting of this machine reaches it. Throws with the end of its output when it does not come up, and when
 * it listens on more than the loopback.
 */
export async function startJudge(
  command: string,
  args: readonly string[],
  options: {
    readonly port: number;
    readonly cwd: string;
    readonly environment: Readonly<Record<string, string>>;
    /** @default START_TIMEOUT_MS */
    readonly startTimeoutMs?: number;
  },
): Promise<RunningJudge> {
  const { port, cwd, environment, startTimeoutMs = START_TIMEOUT_MS } = options;
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, TMPDIR: cwd, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // The leader of its own group: its children end with it.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = `${output}${chunk.toString()}`.slice(-4000);
    });
  }
  const endpoint = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + startTimeoutMs;
  while (!(await answers(endpoint))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop(child);
      throw new Error(`${command} ${args.join(' ')} did not come up on ${endpoint}:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const beyond = child.pid === undefined ? null : listensBeyondLoopback(child.pid);
  if (beyond !== null && beyond.length > 0) {
    await stop(child);
    throw new Error(`${command} listens beyond 127.0.0.1: ${beyond.join(', ')}`);
  }
  return { endpoint, stop: () => stop(child) };
}

/** A port of 127.0.0.1 that was free a moment ago: servers that cannot take port 0 are given this one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Any answer will do: what stands behind the port is up. */
async function answers(endpoint: string): Promise<boolean> {
  try {
    await (await fetch(endpoint, { signal: AbortSignal.timeout(1000) })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  signalGroup(pid, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended by itself in this moment.
  }
}
