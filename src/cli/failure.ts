import { SluiceError } from '#core/errors.ts';

/** What is said about a failure. */
export interface Failure {
  readonly status: number;
  /** Of the error table, of the operating system (`EACCES`), or UNEXPECTED. */
  readonly code: string;
  readonly message: string;
  /** On stderr, for people. */
  readonly text: string;
}

/** What the machine may refuse, in words; everything else is a bug of ours. */
const SYSTEM_FAILURES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied; expected a path that this user may read and write',
  EPERM: 'not permitted; expected a path that this user may read and write',
  EROFS: 'the file system is read-only; expected one that can be written',
  ENOSPC: 'no space is left; free some and run the command again',
  EDQUOT: 'the disk quota is used up; free some space and run the command again',
  EMFILE: 'too many open files; raise the limit (ulimit -n) and run the command again',
  ENOTDIR: 'a part of the path is a file; expected a folder',
  EISDIR: 'the path is a folder; expected a file',
  EEXIST: 'a file is in the way; expected a folder',
};

/** Expected failures are a sentence; a bug shows its stack, since someone has to find it. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof SluiceError) {
    const { code, message } = error;
    return { status: code === 'USAGE' ? 2 : 1, code, message, text: `${code}: ${message}` };
  }
  const system = describeSystemFailure(error);
  if (system !== null) return system;
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  return {
    status: 1,
    code: 'UNEXPECTED',
    message,
    text: `unexpected failure, please report it: ${stack}`,
  };
}

function describeSystemFailure(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null;
  const { code, path } = error as NodeJS.ErrnoException;
  const words =
    code !== undefined && Object.hasOwn(SYSTEM_FAILURES, code) ? SYSTEM_FAILURES[code] : undefined;
  if (code === undefined || words === undefined || path === undefined) return null;
  const message = `${path}: ${words} (the local state can live elsewhere: SLUICE_STATE=<folder>)`;
  return { status: 1, code, message, text: `${code}: ${message}` };
}
