import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '#core/errors.ts';
import { readStateRoot } from '#runtime/env.ts';

/** Folders of one environment's local state, below `.sluice` or SLUICE_STATE; never part of the repository. */
export interface StateFolder {
  readonly root: string;
  /** Services' data: what survives a restart. */
  readonly services: string;
  readonly assembly: string;
  /** Where the running local cloud says how to reach it. */
  readonly cloudFile: string;
  readonly lockFile: string;
  readonly demoFile: string;
  readonly logs: string;
}

export function stateFolder(projectRoot: string, environment: string): StateFolder {
  const root = path.join(readStateRoot() ?? path.join(projectRoot, '.sluice'), environment);
  return {
    root,
    services: path.join(root, 'services'),
    assembly: path.join(root, 'assembly'),
    cloudFile: path.join(root, 'cloud.json'),
    lockFile: path.join(root, 'lock'),
    demoFile: path.join(root, 'demo.json'),
    logs: path.join(root, 'logs'),
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

/**
 * Takes the state for this process: two local clouds on one state would tear it apart. A lock left by a
 * killed process is taken over. Throws USAGE naming the process that holds it.
 */
export function lockState(folder: StateFolder): () => void {
  mkdirSync(folder.root, { recursive: true });
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(folder.lockFile, String(process.pid), { flag: 'wx' });
      return () => rmSync(folder.lockFile, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = lockHolder(folder);
    if (holder !== null || attempt >= 3) {
      throw new SluiceError(
        'USAGE',
        `the local state is in use by process ${holder ?? 'unknown'}; stop it, or use its endpoint`,
      );
    }
    rmSync(folder.lockFile, { force: true });
  }
}

/** Pid of the live process that holds the state, or null. */
export function lockHolder(folder: StateFolder): number | null {
  let text: string;
  try {
    text = readFileSync(folder.lockFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const pid = Number(text);
  return Number.isInteger(pid) && pid > 0 && pid !== process.pid && isAlive(pid) ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
