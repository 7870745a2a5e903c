import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '#core/errors.ts';
import { type BrokerFolder, type RunningBroker, readBroker } from './broker-file.ts';

const STOP_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 100;

/** True when the process is the broker of this folder: a pid alone may be somebody else's by now. */
export function isOurBroker(pid: number, { settings }: Pick<BrokerFolder, 'settings'>): boolean {
  const { stdout } = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
    encoding: 'utf8',
  });
  return (stdout ?? '').includes('kafka.Kafka') && stdout.trimEnd().endsWith(settings);
}

/** The running broker of a folder; null when there is none. */
export function runningBroker(folder: BrokerFolder): RunningBroker | null {
  const broker = readBroker(folder.broker);
  return broker !== null && isOurBroker(broker.pid, folder) ? broker : null;
}

/** Stops the broker of a folder and waits for its end; null when none ran. Throws SOURCE_UNAVAILABLE when it does not end. */
export async function stopBroker(folder: BrokerFolder): Promise<RunningBroker | null> {
  const broker = runningBroker(folder);
  if (broker === null) return null;
  process.kill(broker.pid, 'SIGTERM');
  for (const untilMs = Date.now() + STOP_WITHIN_MS; isOurBroker(broker.pid, folder); ) {
    if (Date.now() > untilMs) {
      throw new SluiceError(
        'SOURCE_UNAVAILABLE',
        `Kafka (pid ${broker.pid}) has not ended ${STOP_WITHIN_MS / 1000} s after it was asked to; look into ${folder.log}`,
      );
    }
    await delay(LOOK_EVERY_MS);
  }
  return broker;
}

/** Removes topics and settings of a broker that does not run. */
export function resetBroker(folder: BrokerFolder): void {
  if (runningBroker(folder) !== null) {
    throw new SluiceError('USAGE', 'Kafka is running; stop it first with "npm run kafka:down"');
  }
  rmSync(folder.root, { recursive: true, force: true });
}
