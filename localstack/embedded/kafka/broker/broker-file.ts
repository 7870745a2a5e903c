import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readStateRoot } from '#runtime/env.ts';

/** A broker that `npm run kafka:up` started, or none. */
export interface RunningBroker {
  readonly pid: number;
  /** `127.0.0.1:9092` */
  readonly bootstrap: string;
  readonly version: string;
}

/** Everything of the local broker below one folder: `.sluice/kafka`, or SLUICE_STATE/kafka. */
export interface BrokerFolder {
  readonly root: string;
  readonly data: string;
  readonly settings: string;
  readonly clusterId: string;
  readonly log: string;
  /** Written once the broker answers. */
  readonly broker: string;
}

export function brokerFolder(projectRoot: string): BrokerFolder {
  const root = path.join(readStateRoot() ?? path.join(projectRoot, '.sluice'), 'kafka');
  return {
    root,
    data: path.join(root, 'data'),
    settings: path.join(root, 'server.properties'),
    clusterId: path.join(root, 'cluster-id'),
    log: path.join(root, 'broker.log'),
    broker: path.join(root, 'broker.json'),
  };
}

/** What the file says; null when there is none or it is cut off. It does not say that the broker still runs. */
export function readBroker(file: string): RunningBroker | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { pid, bootstrap, version } = JSON.parse(text) as Partial<RunningBroker>;
    if (pid === undefined || bootstrap === undefined || version === undefined) return null;
    return { pid, bootstrap, version };
  } catch {
    return null;
  }
}
