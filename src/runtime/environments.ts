import { readdirSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '#core/errors.ts';

/** Names of the environments: the files of config/environments. Throws CONFIG_INVALID when there is none. */
export function environmentNames(root: string): readonly string[] {
  const folder = path.join(root, 'config', 'environments');
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => path.basename(name, '.yaml'))
    .sort();
  if (names.length === 0) {
    throw new SluiceError(
      'CONFIG_INVALID',
      'config/environments: expected at least one environment, got none; add local.yaml',
    );
  }
  return names;
}
