import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { SluiceError } from '#core/errors.ts';

/** One state of a chain: the text of its file, and its place. */
export interface StoredState {
  readonly epoch: number;
  readonly number: number;
  readonly text: string;
  /** For messages. */
  readonly file: string;
}

export interface StateChain {
  /** The last state; null for a chain that has none. Throws SOURCE_UNAVAILABLE. */
  current(): Promise<StoredState | null>;
  /**
   * Adds a state after `base` (null: the first). False when the chain went on from there already, certainly without
   * this state. Throws COMMIT_STATE_UNKNOWN when the file system does not say whether it was added,
   * SOURCE_UNAVAILABLE when it certainly was not.
   */
  advance(base: StoredState | null, text: string): Promise<boolean>;
}

const STATES_PER_EPOCH = 1000;
const STATES_FOLDER = 'states';
const EPOCH_DIGITS = 12;
const STATE_DIGITS = 6;
/** Folders vanish under a reader when an old epoch is cleared; the next look finds the current one. */
const MAX_LOOKS = 10;

/**
 * A chain of small files in a folder, extended by compare-and-swap between processes.
 *
 * Why one state has one successor: state n+1 of an epoch is link(2) of a finished file to a name that the kernel gives
 * away once, in a folder from which no single name is ever removed. When an epoch is full, the next one is rename(2) of
 * a folder that holds its first state to a name which, once there, stays for ever and is never empty, so that renaming
 * to it fails. An epoch that is two behind is cleared by renaming its states' folder away: a process that slept
 * meanwhile finds no folder for its link (ENOENT), and its base has long had a successor.
 *
 * Why nothing is torn: a file has its content, flushed, before it has its name. After a power cut the last states may
 * be missing, never a part of one; the folder is flushed before a swap is called done.
 */
export function openStateChain(
  folder: string,
  options: { readonly statesPerEpoch?: number } = {},
): StateChain {
  const last = (options.statesPerEpoch ?? STATES_PER_EPOCH) - 1;
  return {
    async current() {
      for (let look = 0; look < MAX_LOOKS; look++) {
        const epoch = await highest(folder, /^epoch-(\d+)$/);
        if (epoch === null) return null;
        const states = path.join(folder, epochName(epoch), STATES_FOLDER);
        const number = await highest(states, /^(\d+)$/);
        if (number === null) continue;
        const file = path.join(states, stateName(number));
        const text = await readState(file);
        if (text !== null) return { epoch, number, text, file };
      }
      throw unavailable(folder, 'has an epoch without states; was it changed by hand?');
    },
    async advance(base, text) {
      if (base !== null && base.number < last) return addState(folder, base, text);
      const isFirst = await addEpoch(folder, (base?.epoch ?? 0) + 1, text);
      if (isFirst && base !== null) await clearEpoch(folder, base.epoch - 1);
      return isFirst;
    },
  };
}

async function addState(folder: string, base: StoredState, text: string): Promise<boolean> {
  const epochFolder = path.join(folder, epochName(base.epoch));
  const states = path.join(epochFolder, STATES_FOLDER);
  const temporary = path.join(epochFolder, `under-way-${randomUUID()}`);
  const target = path.join(states, stateName(base.number + 1));
  try {
    await prepare(folder, () => writeFlushed(temporary, text));
    return await decide(() => link(temporary, target), {
      target,
      text,
      flush: [states],
      // The kernel gave the name away, or the epoch has been cleared: both long after the base.
      lost: ['EEXIST', 'ENOENT'],
    });
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** The first state of an epoch, with the epoch. */
async function addEpoch(folder: string, epoch: number, text: string): Promise<boolean> {
  const temporary = path.join(folder, `under-way-${randomUUID()}`);
  const target = path.join(folder, epochName(epoch));
  try {
    await prepare(folder, async () => {
      const states = path.join(temporary, STATES_FOLDER);
      await mkdir(states, { recursive: true });
      await writeFlushed(path.join(states, stateName(0)), text);
      await flushFolder(states);
      await flushFolder(temporary);
    });
    const database = path.dirname(folder);
    return await decide(() => rename(temporary, target), {
      target: path.join(target, STATES_FOLDER, stateName(0)),
      text,
      // With the first epoch the folders above are new as well.
      flush: epoch === 1 ? [folder, database, path.dirname(database)] : [folder],
      lost: ['EEXIST', 'ENOTEMPTY'],
    });
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
  }
}

/** Nothing of this is to be seen yet. */
async function prepare(folder: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    throw unavailable(folder, errorCode(cause) ?? String(cause), cause);
  }
}

interface Decision {
  readonly target: string;
  readonly text: string;
  readonly flush: readonly string[];
  /** Errors that say that the place went to another state. */
  readonly lost: readonly string[];
}

/** Errors of link(2) and rename(2) that come before anything is done. */
const REFUSED: ReadonlySet<string> = new Set([
  ...['EACCES', 'EDQUOT', 'EMFILE', 'EMLINK', 'ENFILE', 'ENOENT', 'ENOSPC', 'ENOSYS', 'ENOTSUP'],
  ...['EOPNOTSUPP', 'EPERM', 'EROFS', 'EXDEV'],
]);

/** The one step that counts. */
async function decide(act: () => Promise<void>, decision: Decision): Promise<boolean> {
  const { target, text, flush, lost } = decision;
  try {
    await act();
  } catch (cause) {
    const code = errorCode(cause) ?? '';
    if (code === 'ENOENT' && lost.includes(code)) return false;
    if (lost.includes(code)) return isOurs(target, text);
    if (REFUSED.has(code)) throw unavailable(target, code, cause);
    throw stateUnknown(target, cause);
  }
  try {
    for (const folder of flush) await flushFolder(folder);
    return true;
  } catch (cause) {
    // It is to be seen, but may not survive a power cut.
    throw stateUnknown(target, cause);
  }
}

/** A file server may carry a request out twice and answer the second time: then the place is taken by this very state. */
async function isOurs(target: string, text: string): Promise<boolean> {
  try {
    return (await readFile(target, 'utf8')) === text;
  } catch (cause) {
    throw stateUnknown(target, cause);
  }
}

function stateUnknown(target: string, cause: unknown): SluiceError {
  return new SluiceError(
    'COMMIT_STATE_UNKNOWN',
    `${target}: ${errorCode(cause) ?? String(cause)}; the swap may or may not have happened, load the table and look`,
    { cause },
  );
}

/** Best effort: what is left is only in the way of nobody. The epoch's own folder stays, and stays filled. */
async function clearEpoch(folder: string, epoch: number): Promise<void> {
  if (epoch < 1) return;
  const epochFolder = path.join(folder, epochName(epoch));
  const cleared = path.join(epochFolder, 'cleared');
  try {
    await rename(path.join(epochFolder, STATES_FOLDER), cleared);
    for (const name of await readdir(cleared)) await rm(path.join(cleared, name), { force: true });
    for (const name of await readdir(epochFolder)) {
      if (name.startsWith('under-way-')) await rm(path.join(epochFolder, name), { force: true });
    }
  } catch {
    // The states of an old epoch are never read again.
  }
}

/** The highest number among the names that match; null without one. */
async function highest(folder: string, pattern: RegExp): Promise<number | null> {
  try {
    const numbers = (await readdir(folder)).flatMap((name) => pattern.exec(name)?.[1] ?? []);
    return numbers.length === 0 ? null : Math.max(...numbers.map(Number));
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(cause) ?? '')) return null;
    throw unavailable(folder, errorCode(cause) ?? String(cause), cause);
  }
}

async function readState(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw unavailable(file, errorCode(cause) ?? String(cause), cause);
  }
}

async function writeFlushed(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes new names survive a power cut. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function epochName(epoch: number): string {
  return `epoch-${String(epoch).padStart(EPOCH_DIGITS, '0')}`;
}

function stateName(number: number): string {
  return String(number).padStart(STATE_DIGITS, '0');
}

function unavailable(place: string, reason: string, cause?: unknown): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', `${place}: ${reason}`, { cause });
}

export function errorCode(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException | undefined)?.code;
}
