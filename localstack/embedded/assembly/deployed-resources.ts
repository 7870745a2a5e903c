import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '#core/errors.ts';
import { replaceFile } from '#embedded/replace-file.ts';

const recordModel = z.strictObject({
  type: z.string(),
  /** Value of `Ref`. */
  name: z.string(),
  retained: z.boolean(),
  /** Kept for resources that must never change; null for the others. */
  frozenProperties: z.unknown(),
});
export type DeployedResource = z.infer<typeof recordModel>;

const fileModel = z.strictObject({
  version: z.literal(1),
  resources: z.record(z.string(), recordModel),
});

/** What earlier starts deployed, by `stack/logicalId`. */
export type DeployedResources = ReadonlyMap<string, DeployedResource>;

const FILE_NAME = 'deployed.json';

/** Empty before the first deployment. Throws FORMAT_CORRUPT when the file is not ours. */
export function readDeployedResources(stateDir: string): DeployedResources {
  const filePath = path.join(stateDir, FILE_NAME);
  let text: string;
  try {
    text = readFileSync(filePath, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  try {
    return new Map(Object.entries(fileModel.parse(JSON.parse(text)).resources));
  } catch (cause) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `${filePath}: expected the list of deployed resources of this version; delete the state folder to start over`,
      { cause },
    );
  }
}

/** After a crash at any moment the file holds the old or the new list. */
export function writeDeployedResources(stateDir: string, resources: DeployedResources): void {
  const sorted = [...resources].sort(([a], [b]) => (a < b ? -1 : 1));
  const content = { version: 1, resources: Object.fromEntries(sorted) };
  replaceFile(path.join(stateDir, FILE_NAME), `${JSON.stringify(content, null, 1)}\n`);
}
