import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '#core/errors.ts';
import { childEnvironment } from '#runtime/env.ts';
import type { StateFolder } from './state-folder.ts';

/** Everything a template or a bundle is made from. */
const INPUTS = [
  'config',
  'domains',
  'schemas',
  'lib',
  'lambdas',
  'src',
  'bin/app.ts',
  'cdk.json',
  'package-lock.json',
];
/** The commands are in no template. */
const NOT_INPUTS = [path.join('src', 'cli')];

export interface Assembly {
  readonly dir: string;
  readonly seconds: number;
  readonly reused: boolean;
}

/**
 * The cloud assembly of an environment, synthesized anew when any of its inputs changed. Synthesis runs
 * in a process of its own: the CDK needs a few hundred MB that the local cloud should not keep.
 */
export async function ensureAssembly(options: {
  readonly root: string;
  readonly folder: StateFolder;
  readonly environment: string;
}): Promise<Assembly> {
  const { root, folder, environment } = options;
  const startedMs = performance.now();
  const hash = hashInputs(root);
  const stamp = path.join(folder.root, 'assembly.sha256');
  const seconds = (): number => (performance.now() - startedMs) / 1000;
  if (readOrEmpty(stamp) === hash)
    return { dir: folder.assembly, seconds: seconds(), reused: true };
  removeLeftovers(folder);
  // A folder of its own: the synthesis of a killed process may still be writing to the one it had.
  const next = mkdtempSync(`${folder.assembly}.next-`);
  await synthesize(root, environment, next);
  rmSync(stamp, { force: true });
  rmSync(folder.assembly, { recursive: true, force: true });
  renameSync(next, folder.assembly);
  writeFileSync(stamp, hash);
  return { dir: folder.assembly, seconds: seconds(), reused: false };
}

function removeLeftovers(folder: StateFolder): void {
  for (const name of readdirSync(folder.root)) {
    if (name.startsWith('assembly.next'))
      rmSync(path.join(folder.root, name), { recursive: true, force: true, maxRetries: 3 });
  }
}

function synthesize(root: string, environment: string, outdir: string): Promise<void> {
  const child = spawn(process.execPath, ['bin/app.ts'], {
    cwd: root,
    env: { ...childEnvironment(), CDK_OUTDIR: outdir, SLUICE_ENVIRONMENT: environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) return resolve();
      const words = Buffer.concat(errors).toString('utf8').slice(-4000).trim();
      reject(
        new SluiceError(
          'CONFIG_INVALID',
          `synthesis of environment ${environment} failed:\n${words}`,
        ),
      );
    });
  });
}

function hashInputs(root: string): string {
  const hash = createHash('sha256');
  for (const file of INPUTS.flatMap((input) => filesOf(root, input)).sort()) {
    if (NOT_INPUTS.some((folder) => file.startsWith(folder + path.sep))) continue;
    const bytes = readFileSync(path.join(root, file));
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function filesOf(root: string, input: string): string[] {
  const absolute = path.join(root, input);
  if (path.extname(input) !== '') return [input];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
