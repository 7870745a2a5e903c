import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { replaceFile } from './replace-file.ts';

export interface NamedItem {
  readonly name: string;
}

/**
 * Small things by name, one JSON file each, all of them in memory as well. A change is one synchronous call that
 * replaces one file: it is atomic against other requests and against SIGKILL.
 */
export interface NamedItems<T extends NamedItem> {
  get(name: string): T | null;
  /** In order of names, by UTF-16 code units. */
  list(): readonly T[];
  put(item: T): void;
  delete(name: string): void;
}

/** Opens the items of a folder that only its user may read. Throws when it holds something this did not write. */
export function openNamedItems<T extends NamedItem>(folder: string): NamedItems<T> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const items = new Map<string, T>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const item = readItem<T>(path.join(folder, file));
    items.set(item.name, item);
  }
  // Names may be longer than file names, and differ in case only.
  const fileOf = (name: string): string =>
    path.join(folder, `${createHash('sha256').update(name).digest('hex')}.json`);
  return {
    get: (name) => items.get(name) ?? null,
    list: () => [...items.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    put(item) {
      replaceFile(fileOf(item.name), JSON.stringify(item));
      items.set(item.name, item);
    },
    delete(name) {
      rmSync(fileOf(name), { force: true });
      items.delete(name);
    },
  };
}

function readItem<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (cause) {
    throw new Error(`state ${file} is not JSON; delete the local state to start again`, { cause });
  }
}
