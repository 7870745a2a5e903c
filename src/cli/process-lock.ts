import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * A lock that ends with its process, however that ends. A file with a pid cannot do this: between
 * finding it stale and replacing it another process may do the same, and pids are used again. So it
 * is the operating system's file lock, which Node offers only through SQLite; the file stays empty.
 */

/** A process that looks whether the lock is held takes it for a moment too. */
const WAIT_MS = 500;
const SQLITE_BUSY = 5;

/** Takes the lock and returns what releases it; null when another process holds it. */
export function takeLock(file: string): (() => void) | null {
  mkdirSync(path.dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: WAIT_MS });
  if (!isGranted(database, 'BEGIN EXCLUSIVE')) return null;
  writeFileSync(holderFile(file), String(process.pid));
  return () => {
    rmSync(holderFile(file), { force: true });
    if (database.isOpen) database.close();
  };
}

/** Who holds the lock: null when nobody does. */
export function lockHolder(file: string): { readonly pid: number } | null {
  mkdirSync(path.dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 0 });
  // Reading takes a shared lock: two processes that look do not meet.
  if (!isGranted(database, 'SELECT count(*) FROM sqlite_schema')) {
    return { pid: readPid(holderFile(file)) };
  }
  database.close();
  return null;
}

/** Runs a statement that needs the lock; closes the database when it does not get it. */
function isGranted(database: DatabaseSync, statement: string): boolean {
  try {
    database.exec(statement);
    return true;
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw error;
  }
}

/** Only for words and for the announcement: the lock itself names no process. */
function holderFile(file: string): string {
  return `${file}.pid`;
}

/** 0 for the moment between the lock and the file. */
function readPid(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8')) || 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
