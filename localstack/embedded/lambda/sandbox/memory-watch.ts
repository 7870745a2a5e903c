import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process whose resident memory has a limit. */
export interface WatchedProcess {
  readonly pid: number;
  readonly limitBytes: number;
  /** Every measurement. */
  onMeasured(residentBytes: number): void;
  onExceeded(): void;
}

const IS_LINUX = process.platform === 'linux';
/** A handler can allocate on between two measurements; reading /proc costs microseconds, `ps` a process. */
const INTERVAL_MS = IS_LINUX ? 50 : 500;

/** Measures the processes again and again until the returned function is called. */
export function watchMemory(processes: () => readonly WatchedProcess[]): () => void {
  let isMeasuring = false;
  const timer = setInterval(() => {
    const watched = processes();
    if (isMeasuring || watched.length === 0) return;
    isMeasuring = true;
    void measure(watched).then(() => {
      isMeasuring = false;
    });
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function measure(watched: readonly WatchedProcess[]): Promise<void> {
  const resident = IS_LINUX ? null : await readByPs(watched.map((each) => each.pid));
  for (const each of watched) {
    const residentBytes = resident === null ? residentBytesOf(each.pid) : resident.get(each.pid);
    if (residentBytes === undefined || residentBytes === null) continue;
    each.onMeasured(residentBytes);
    if (residentBytes > each.limitBytes) each.onExceeded();
  }
}

/** Resident memory of a process; null where /proc does not tell (another system, or the process is gone). */
export function residentBytesOf(pid: number): number | null {
  if (!IS_LINUX) return null;
  try {
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return match === null ? null : Number(match[1]) * 1024;
  } catch {
    return null;
  }
}

/** Resident memory by pid. Processes that are gone are left out, and all of them where `ps` does not run. */
function readByPs(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'pid=,rss=', '-p', pids.join(',')], (_error, stdout) => {
      resolve(parsePs(stdout));
    });
  });
}

export function parsePs(output: string): ReadonlyMap<number, number> {
  const rows = [...output.matchAll(/^\s*(\d+)\s+(\d+)\s*$/gm)];
  return new Map(rows.map(([, pid, kib]) => [Number(pid), Number(kib) * 1024]));
}
