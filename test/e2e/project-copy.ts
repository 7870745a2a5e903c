import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from './run-sluice.ts';

/** What a user's project consists of. */
const PARTS = [
  'bin',
  'config',
  'domains',
  'extensions',
  'lambdas',
  'lib',
  'localstack',
  'schemas',
  'src',
  'cdk.json',
  'package.json',
  'package-lock.json',
];

/** A copy of the project whose configuration a test may change; `remove` deletes it. */
export function copyProject(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-project-'));
  for (const part of PARTS.filter((name) => existsSync(path.join(ROOT, name)))) {
    cpSync(path.join(ROOT, part), path.join(folder, part), { recursive: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
