import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readStateRoot } from '#runtime/env.ts';

/** Folders of one environment's local state, below `.sluice` or SLUICE_STATE; never part of the repository. */
export interface StateFolder {
  readonly root: string;
  /** Services' data: what survives a restart. */
  readonly services: string;
  readonly assembly: string;
  /** Where the running local cloud says how to reach it. */
  readonly cloudFile: string;
  /** Where `npm run kafka:up` says how to reach the broker; all environments share it. */
  readonly brokerFile: string;
  /** Held by the process whose local cloud runs on this state: two would tear it apart. */
  readonly lockFile: string;
  readonly demoFile: string;
  /** Held by the demo that is under way: two would send the same run. */
  readonly demoLockFile: string;
  readonly logs: string;
  /** Which backend the state was begun with; missing for the embedded one. */
  readonly backendFile: string;
}

export function stateFolder(projectRoot: string, environment: string): StateFolder {
  const state = readStateRoot() ?? path.join(projectRoot, '.sluice');
  const root = path.join(state, environment);
  return {
    root,
    services: path.join(root, 'services'),
    assembly: path.join(root, 'assembly'),
    cloudFile: path.join(root, 'cloud.json'),
    brokerFile: path.join(state, 'kafka', 'broker.json'),
    lockFile: path.join(root, 'cloud.lock'),
    demoFile: path.join(root, 'demo.json'),
    demoLockFile: path.join(root, 'demo.lock'),
    logs: path.join(root, 'logs'),
    backendFile: path.join(root, 'backend'),
  };
}

/** Parsed JSON file, or null when it does not exist or is cut off (a process was killed while writing it). */
export function readJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT')
      return null;
    throw error;
  }
}
