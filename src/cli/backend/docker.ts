import { spawn } from 'node:child_process';
import { SluiceError } from '#core/errors.ts';
import { dockerEnvironment } from '#runtime/backend-endpoints.ts';

/** Docker's command line. */
export interface Docker {
  /** Runs `docker …`; returns what it printed. Throws SOURCE_UNAVAILABLE with the end of what it complained. */
  run(
    args: readonly string[],
    options?: {
      readonly environment?: Readonly<Record<string, string>>;
      /** Shows what it reports while it works, on stderr. @default false */
      readonly showProgress?: boolean;
      readonly signal?: AbortSignal;
    },
  ): Promise<string>;
}

interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_COMPLAINT_CHARACTERS = 2_000;
const ALTERNATIVES =
  'or use the embedded local cloud (npm run dev), or name programs that run already (npm run dev -- --backend endpoints, see localstack/README.md)';

/**
 * Finds Docker with a reachable engine and Compose 2. Throws SOURCE_UNAVAILABLE that says which of the three is
 * missing and what to do. `command` is another program in its place.
 */
export async function findDocker(command = 'docker'): Promise<Docker> {
  const engine = await execute(command, ['version', '--format', '{{.Server.Version}}']);
  if (engine === null) {
    throw missing(`Docker is not installed (no program ${command} in PATH); install it`);
  }
  if (engine.status !== 0) {
    const said = engine.stderr.trim().split('\n').at(-1) ?? '';
    throw missing(`Docker's engine does not answer (${said}); start it`);
  }
  const compose = await execute(command, ['compose', 'version', '--short']);
  const version = compose?.stdout.trim() ?? '';
  if (compose?.status !== 0) throw missing('Docker has no Compose plugin; install Compose 2');
  if (!/^v?([2-9]|\d\d)/.test(version)) {
    throw missing(`Docker Compose is ${version}, expected 2 or newer; install it`);
  }
  return {
    async run(args, options = {}) {
      const finished = await execute(command, args, options);
      if (finished?.status === 0) return finished.stdout;
      const said = finished?.stderr.trim().slice(-MAX_COMPLAINT_CHARACTERS) ?? 'it is gone';
      throw new SluiceError(
        'SOURCE_UNAVAILABLE',
        `docker ${args.join(' ')} failed${said === '' ? '' : `: ${said}`}`,
      );
    },
  };
}

function missing(what: string): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', `${what}, ${ALTERNATIVES}`);
}

/** Null when there is no such program. */
function execute(
  command: string,
  args: readonly string[],
  options: Parameters<Docker['run']>[1] = {},
): Promise<Finished | null> {
  const { environment = {}, showProgress = false, signal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...dockerEnvironment(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C is for the command: it decides what is stopped, and when.
      detached: true,
      ...(signal === undefined ? {} : { signal }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes: Buffer) => {
      stdout += bytes.toString();
    });
    child.stderr.on('data', (bytes: Buffer) => {
      stderr = `${stderr}${bytes.toString()}`.slice(-MAX_COMPLAINT_CHARACTERS);
      if (showProgress) process.stderr.write(bytes);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(null);
      else reject(error);
    });
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}
