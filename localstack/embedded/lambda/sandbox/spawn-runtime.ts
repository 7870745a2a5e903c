import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LambdaFunctionConfig } from '#embedded/services.ts';
import { createLineSplitter } from './log-lines.ts';
import { sandboxEnvironment } from './sandbox-environment.ts';
import type { SandboxSession } from './sandbox-session.ts';

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.mjs', import.meta.url));
/** Lambda leaves a tenth of the memory to what lies outside the JavaScript heap. */
const HEAP_SHARE = 0.9;

/** Starts the process that runs a function's handler, as the leader of its own process group. */
export function spawnRuntime(
  config: LambdaFunctionConfig,
  options: {
    /** `host:port` */
    readonly runtimeApi: string;
    readonly endpointUrl: string | null;
    readonly session: SandboxSession;
    readonly onLine: (text: string) => void;
  },
): ChildProcess {
  const { runtimeApi, endpointUrl, onLine } = options;
  const { logStreamName, credentials } = options.session;
  const heapMb = Math.floor(config.memoryMb * HEAP_SHARE);
  const node = [process.execPath, `--max-old-space-size=${heapMb}`, BOOTSTRAP] as const;
  const [command, ...args] = config.runtimeCommand ?? node;
  const child = spawn(command, args, {
    cwd: config.codeDir,
    env: sandboxEnvironment(config, { runtimeApi, logStreamName, endpointUrl, credentials }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C reaches the local cloud only, and a kill reaches grandchildren.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    const lines = createLineSplitter(onLine);
    stream.on('data', (bytes: Buffer) => lines.push(bytes));
    stream.on('end', () => lines.end());
    stream.on('error', () => undefined);
  }
  return child;
}
