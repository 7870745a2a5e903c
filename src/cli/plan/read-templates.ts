import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readTemplate, type StackTemplate } from '#core/plan/template-resources.ts';
import { ensureAssembly } from '../assembly.ts';
import { takeLock } from '../process-lock.ts';
import { type StateFolder, stateFolder } from '../state-folder.ts';

const TEMPLATE_SUFFIX = '.template.json';

/**
 * Templates of an environment, synthesized when anything they are made from has changed. Two plans at once
 * take turns. Throws CONFIG_INVALID.
 */
export async function readTemplates(
  root: string,
  environment: string,
): Promise<readonly StackTemplate[]> {
  // A folder apart: the assembly of a running local cloud must not change under it.
  const folder = stateFolder(root, path.join('plan', environment));
  const release = await waitForLock(folder);
  try {
    const assembly = await ensureAssembly({ root, folder, environment });
    return templatesIn(assembly.dir);
  } finally {
    release();
  }
}

async function waitForLock({ lockFile }: StateFolder): Promise<() => void> {
  for (;;) {
    const release = takeLock(lockFile);
    if (release !== null) return release;
    // Lets an interrupt through.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The templates of a cloud assembly, sorted by stack. */
export function templatesIn(directory: string): readonly StackTemplate[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(TEMPLATE_SUFFIX))
    .sort()
    .map((file) =>
      readTemplate(
        path.basename(file, TEMPLATE_SUFFIX),
        JSON.parse(readFileSync(path.join(directory, file), 'utf8')),
      ),
    );
}
