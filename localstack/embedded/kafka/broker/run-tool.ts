import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** Null when the command succeeded, else the last words it said. */
export function runTool(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): string | null {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (result.error !== undefined) return result.error.message;
  if (result.status === 0) return null;
  const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-3).join(' ');
  return `${path.basename(command)} ended with status ${result.status}: ${said}`;
}
