import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createExpressionChecks } from '#core/config/expression-checks.ts';
import { extensionFunctions } from './extension-functions.ts';

const FOLDER = fileURLToPath(new URL('../../extensions', import.meta.url));

/** What parseProject needs to check expressions that may call extensions. Throws CONFIG_INVALID as extensionFunctions. */
export function loadExpressionChecks(): ReturnType<typeof createExpressionChecks> {
  return createExpressionChecks({ functions: extensionFunctions(), sources: hashSources(FOLDER) });
}

/** Names and texts of all TypeScript files of a folder, whatever the line ends: the version of its functions. */
export function hashSources(folder: string): string {
  const hash = createHash('sha256');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.split(path.sep).join('/'))
    .sort();
  for (const name of names) {
    const text = readFileSync(path.join(folder, name), 'utf8').replaceAll('\r\n', '\n');
    hash.update(JSON.stringify([name, text]));
  }
  return hash.digest('hex');
}
