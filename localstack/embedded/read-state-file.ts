import { readFileSync } from 'node:fs';

/**
 * A JSON file that a service keeps its state in; null when it does not exist. Throws when it holds something else than
 * JSON: `what` names the state, for instance `catalog state`.
 */
export function readStateFile<T>(file: string, what: string): T | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new Error(`${what} ${file} is not JSON; delete the local state to start again`, {
      cause,
    });
  }
}
