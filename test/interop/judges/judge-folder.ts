import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** Packages with pinned versions in a Python environment of their own. `python` is `<folder>/bin/python`. */
export function installPython(name: string, packages: readonly string[]): Installed {
  return installOnce(name, packages, (folder) => {
    const created = run('python3', ['-m', 'venv', folder]);
    if (created !== null) return `python3 cannot make a virtual environment: ${created}`;
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
function run(command: string, args: readonly string[], cwd?: string): string | null {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (result.error !== undefined) return result.error.message;
  if (result.status === 0) return null;
  const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-3).join(' ');
  return `${path.basename(command)} ended with status ${result.status}: ${said}`;
}
