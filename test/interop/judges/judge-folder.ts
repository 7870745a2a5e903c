import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Where a judge is installed, or why it cannot be had on this machine. */
export type Installed =
  | { readonly kind: 'installed'; readonly folder: string }
  | { readonly kind: 'missing'; readonly reason: string };

/**
 * Judges live outside the repository: nothing of theirs belongs to the project's own dependencies.
 * `$SLUICE_JUDGES`, or `sluice/judges` in the user's cache folder.
 */
export function judgesFolder(): string {
  const { SLUICE_JUDGES, XDG_CACHE_HOME } = process.env;
  if (SLUICE_JUDGES !== undefined && SLUICE_JUDGES !== '') return path.resolve(SLUICE_JUDGES);
  return path.join(XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'sluice', 'judges');
}

/**
 * Packages with pinned versions in a Python environment of their own. `python` is `<folder>/bin/python`.
 * `interpreter` makes the environment. @default python3
 */
export function installPython(
  name: string,
  packages: readonly string[],
  interpreter = 'python3',
): Installed {
  return installOnce(name, packages, (folder) => {
    const created = run(interpreter, ['-m', 'venv', folder]);
    if (created !== null) return `${interpreter} cannot make a virtual environment: ${created}`;
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
    return run(pythonOf(folder), pip);
  });
}

export function pythonOf(folder: string): string {
  return path.join(folder, 'bin', 'python');
}

/** Packages with pinned versions in a folder of their own. `files` are copied beside them. */
export function installNpm(
  name: string,
  packages: readonly string[],
  options: { readonly files?: string; readonly installScripts?: boolean } = {},
): Installed {
  const installed = installOnce(name, packages, (folder) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      path.join(folder, 'package.json'),
      JSON.stringify({ name: `sluice-judge-${name}`, private: true, type: 'module' }),
    );
    const scripts = options.installScripts === true ? [] : ['--ignore-scripts'];
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    return run('npm', ['install', ...quiet, ...scripts, '--save-exact', ...packages], folder);
  });
  if (installed.kind === 'installed' && options.files !== undefined) {
    cpSync(options.files, installed.folder, { recursive: true });
  }
  return installed;
}

/** A Python of at least 3.<minor>, in PATH or of pyenv; null when there is none. */
export function findPython(minor: number): string | null {
  const versions = path.join(os.homedir(), '.pyenv', 'versions');
  const own = existsSync(versions)
    ? readdirSync(versions).map((name) => path.join(versions, name, 'bin', 'python'))
    : [];
  const test = `import sys; sys.exit(sys.version_info < (3, ${minor}))`;
  return ['python3', ...own].find((python) => run(python, ['-c', test]) === null) ?? null;
}

/** A Go program, compiled from the module proxy's sources: `<folder>/<program>`. */
export function installGo(name: string, packageVersion: string): Installed {
  return installOnce(name, [packageVersion], (folder) => {
    const go = ['go', '/usr/local/go/bin/go'].find((program) => run(program, ['version']) === null);
    if (go === undefined) return 'there is no Go in PATH or /usr/local/go';
    mkdirSync(folder, { recursive: true });
    const modules = path.join(folder, 'modules');
    // Two at a time: the linker alone takes a gigabyte. Writable modules can be removed again.
    const environment = { GOBIN: folder, GOPATH: modules, GOFLAGS: '-p=2 -modcacherw' };
    const problem = run(go, ['install', packageVersion], folder, environment);
    rmSync(modules, { recursive: true, force: true });
    return problem;
  });
}

/** An archive of known content, unpacked without its top folder, if it has one; `prune` takes away what nobody needs of it. */
export function installArchive(
  name: string,
  archive: {
    readonly url: string;
    readonly sha256: string;
    prune(folder: string): void;
    /** @default true */
    readonly hasTopFolder?: boolean;
  },
): Installed {
  const { url, sha256, prune, hasTopFolder = true } = archive;
  return installOnce(name, [url, sha256], (folder) => {
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, 'archive');
    try {
      const fetched = run('curl', ['--fail', '--silent', '--show-error', '--output', file, url]);
      if (fetched !== null) return fetched;
      const found = sha256Of(file);
      if (found !== sha256) return `${url} has the digest ${found}, expected ${sha256}`;
      const unpacked = run('tar', [
        ...['-xzf', file, '-C', folder],
        ...(hasTopFolder ? ['--strip-components=1'] : []),
      ]);
      if (unpacked === null) prune(folder);
      return unpacked;
    } finally {
      rmSync(file, { force: true });
    }
  });
}

/** In pieces: an archive may be larger than a buffer. */
function sha256Of(file: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(1024 * 1024);
  const descriptor = openSync(file, 'r');
  for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) {
    hash.update(piece.subarray(0, read));
  }
  closeSync(descriptor);
  return hash.digest('hex');
}

/** A stamp says that the very same packages were installed whole; anything else starts from nothing. */
function installOnce(
  name: string,
  packages: readonly string[],
  install: (folder: string) => string | null,
): Installed {
  const folder = path.join(judgesFolder(), name);
  const stampFile = path.join(folder, '.sluice-judge');
  const stamp = createHash('sha256')
    .update(JSON.stringify([process.platform, process.arch, ...packages]))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    return { kind: 'installed', folder };
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.dirname(folder), { recursive: true });
  const problem = install(folder);
  if (problem !== null) {
    return { kind: 'missing', reason: `${packages.join(' ')} cannot be installed: ${problem}` };
  }
  writeFileSync(stampFile, stamp);
  return { kind: 'installed', folder };
}

/** Null when the command succeeded, else the last words it said. */
function run(
  command: string,
  args: readonly string[],
  cwd?: string,
  environment: Readonly<Record<string, string>> = {},
): string | null {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (result.error !== undefined) return result.error.message;
  if (result.status === 0) return null;
  const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-3).join(' ');
  return `${path.basename(command)} ended with status ${result.status}: ${said}`;
}
