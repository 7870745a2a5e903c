import { open } from 'node:fs/promises';
import path from 'node:path';
import { secretNotFound, secretUnavailable } from '#core/secret/secret-failure.ts';
import { readMember } from '#core/secret/secret-member.ts';
import type { SecretBackend, SecretReference } from '#ports/secret-store.ts';

/** Larger files are no secrets; the limit of AWS Secrets Manager, which a secret may move to. */
const MAX_BYTES = 65_536;
/** Read, write and execute for everybody but the owner. */
const OTHERS = 0o077;

/**
 * Secrets in files of one folder: the path is relative to it, the content is the value, and one line end after it is no
 * part of it. A file that other users of the machine may read is refused (POSIX; elsewhere modes say nothing).
 */
export function createFileSecretBackend(options: {
  readonly folder: string;
  readonly platform: NodeJS.Platform;
}): SecretBackend {
  return { read: (reference) => readSecretFile(reference, options) };
}

async function readSecretFile(
  reference: SecretReference,
  { folder, platform }: { readonly folder: string; readonly platform: NodeJS.Platform },
): Promise<string> {
  const file = path.resolve(folder, reference.path);
  const shown = path.join(folder, reference.path);
  const backend = 'the secrets folder';
  if (path.relative(folder, file).startsWith('..')) {
    throw secretNotFound(reference, {
      backend,
      problem: 'the path leads out of the folder',
      next: `correct the path; secrets are below ${folder}`,
    });
  }
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw openFailure(error, reference, shown);
  });
  try {
    // Of the open file, so that nothing can be put in its place in between.
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > MAX_BYTES) {
      throw secretUnavailable(reference, {
        backend,
        problem: stats.isFile()
          ? `expected at most ${MAX_BYTES} bytes, got ${stats.size}`
          : 'is no file',
        next: `put the value, and nothing else, into ${shown}`,
      });
    }
    if (platform !== 'win32' && (stats.mode & OTHERS) !== 0) {
      throw secretUnavailable(reference, {
        backend,
        problem: 'other users of this machine may read or change the file',
        next: `chmod 600 ${shown}`,
      });
    }
    const text = await handle.readFile('utf8');
    return readMember(text.replace(/\r?\n$/, ''), reference);
  } finally {
    await handle.close();
  }
}

function openFailure(error: unknown, reference: SecretReference, shown: string): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const backend = 'the secrets folder';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return secretNotFound(reference, {
      backend,
      problem: 'there is no such file',
      next: `put the value into ${shown} and chmod 600 it`,
    });
  }
  return secretUnavailable(reference, {
    backend,
    problem: `the file cannot be opened (${code})`,
    next: `let this user read ${shown}`,
  });
}
