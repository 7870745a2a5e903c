import type { RemovedFile } from '../transaction/remove-files.ts';
import type { LiveInventory } from './live-inventory.ts';

/**
 * Position delete files that reach no data file any more once these are gone; a file nothing reaches is left alone: it
 * may be of a form we do not know. Whoever removes data files removes them in the same commit.
 */
export function obsoleteDeletes(
  inventory: LiveInventory,
  gone: ReadonlySet<string>,
): readonly RemovedFile[] {
  const touched = new Set<string>();
  const needed = new Set<string>();
  for (const { filePath, deletes } of inventory.files) {
    for (const { filePath: path } of deletes) (gone.has(filePath) ? touched : needed).add(path);
  }
  return inventory.deleteFiles.filter(
    ({ filePath }) => touched.has(filePath) && !needed.has(filePath),
  );
}
