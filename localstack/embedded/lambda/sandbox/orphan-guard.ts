import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads `+ pid` and `- pid` lines; when its input ends, which happens however this process ends, it
 * kills the process groups of the pids that are left. A sandbox alone would not notice while its
 * handler blocks the event loop.
 */
const SCRIPT = `
pids=""
while read -r sign pid; do
  case "$sign" in
    +) pids="$pids $pid" ;;
    -) rest=""
       for each in $pids; do [ "$each" = "$pid" ] || rest="$rest $each"; done
       pids="$rest" ;;
  esac
done
for each in $pids; do kill -9 "-$each" 2>/dev/null; done
`;

/** Makes sure that no sandbox outlives this process, not even after SIGKILL. */
export interface OrphanGuard {
  /** `pid` leads a process group of its own. */
  watch(pid: number): void;
  unwatch(pid: number): void;
  close(): void;
}

export function startOrphanGuard(): OrphanGuard {
  let shell: ChildProcess | null = null;

  const tell = (line: string): void => {
    if (shell === null) {
      // Detached: Ctrl-C goes to the whole foreground group and must not take the guard first.
      shell = spawn('/bin/sh', ['-c', SCRIPT], {
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      shell.on('error', () => undefined);
      shell.stdin?.on('error', () => undefined);
      shell.unref();
      unrefStream(shell.stdin);
    }
    shell.stdin?.write(line);
  };

  return {
    watch: (pid) => tell(`+ ${pid}\n`),
    unwatch: (pid) => tell(`- ${pid}\n`),
    close: () => {
      shell?.stdin?.end();
      shell = null;
    },
  };
}

/** Lets this process end although the pipe is open. */
function unrefStream(stream: unknown): void {
  const socket = stream as { unref?: () => void } | null;
  socket?.unref?.();
}
