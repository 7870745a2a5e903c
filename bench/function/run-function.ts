import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { startOrphanGuard } from '#embedded/lambda/sandbox/orphan-guard.ts';
import { Sandbox } from '#embedded/lambda/sandbox/sandbox.ts';
import type { DeployedWriter } from './deployed-writer.ts';

const INIT_TIMEOUT_MS = 10_000;

export interface FunctionRun {
  /** From the start of the process to the question for the first event. */
  readonly initMs: number;
  /** From the start of the process to the answer to the first event. */
  readonly firstBatchMs: number;
  /** Of it, time in which a service worked on a request. */
  readonly servicesMs: number;
  /** Of all threads of the process, until the answer to the first event; null where the system does not tell. */
  readonly cpuMs: number | null;
  /** Highest resident memory of the process after the last event; null where the system does not tell. */
  readonly peakRssMb: number | null;
}

/**
 * A process of the function as Lambda starts it, with Lambda's heap limit: it takes the payloads one after another and is
 * ended. Throws when it reports an error.
 */
export async function runFunction(
  { config, endpoint, busy }: DeployedWriter,
  payloads: readonly Buffer[],
): Promise<FunctionRun> {
  const orphanGuard = startOrphanGuard();
  let tellIdle: (error: Error | null) => void = () => undefined;
  const nextIdle = () =>
    new Promise<void>((resolve, reject) => {
      tellIdle = (error) => (error === null ? resolve() : reject(error));
    });
  const lines: string[] = [];
  const sandbox = new Sandbox({
    config,
    endpointUrl: endpoint,
    initTimeoutMs: INIT_TIMEOUT_MS,
    orphanGuard,
    iam: null,
    onLine: (text) => lines.push(text),
    onIdle: () => tellIdle(null),
    onDead: () => tellIdle(new Error(`the function ended: ${lines.slice(-5).join('\n')}`)),
  });
  try {
    busy.take();
    let idle = nextIdle();
    const startedMs = performance.now();
    await sandbox.start();
    await idle;
    const initMs = performance.now() - startedMs;
    let [firstBatchMs, servicesMs] = [0, 0];
    let cpuMs: number | null = null;
    for (const [index, payload] of payloads.entries()) {
      idle = nextIdle();
      const { outcome } = await sandbox.run(randomUUID(), payload);
      if (outcome.kind === 'error')
        throw new Error(`${outcome.errorType}: ${outcome.errorMessage}`);
      if (index === 0) {
        firstBatchMs = performance.now() - startedMs;
        servicesMs = busy.take();
        cpuMs = cpuMsOf(sandbox.pid);
      }
      await idle;
    }
    return { initMs, firstBatchMs, servicesMs, cpuMs, peakRssMb: peakRssMbOf(sandbox.pid) };
  } finally {
    tellIdle = () => undefined;
    await sandbox.kill();
    orphanGuard.close();
  }
}

/** Source: proc(5), VmHWM. */
function peakRssMbOf(pid: number | null): number | null {
  if (pid === null || process.platform !== 'linux') return null;
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return match === null ? null : (Number(match[1]) * 1024) / 1e6;
}

/** A clock tick is a hundredth of a second on every Linux that Node runs on. */
const TICK_MS = 10;

/** User and system time. Source: proc(5), /proc/pid/stat, fields 14 and 15. */
function cpuMsOf(pid: number | null): number | null {
  if (pid === null || process.platform !== 'linux') return null;
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the name in parentheses, which may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
