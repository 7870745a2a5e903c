import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { MUTANTS, UNCAUGHT } from './mutants.ts';

/**
 * Loaded before everything else (`node --import`): plants the bug that the variable MUTANT names in the sources as they are
 * read. A text that is not there exactly once ends the process: the mutant has to follow the code.
 */
const ROOT = new URL('../../../', import.meta.url);
const name = process.env['MUTANT'];
const known = [...MUTANTS, ...UNCAUGHT];
const mutant = known.find((candidate) => candidate.name === name);
if (mutant === undefined) {
  const names = known.map((candidate) => candidate.name).join(', ');
  throw new Error(`MUTANT: expected one of ${names}, got ${name ?? 'nothing'}`);
}

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const changes = mutant.changes.filter(({ file }) => new URL(file, ROOT).href === url);
    if (changes.length === 0) return loaded;
    let source = Buffer.from(loaded.source as Uint8Array).toString('utf8');
    for (const { find, replace } of changes) {
      if (source.split(find).length !== 2) {
        throw new Error(
          `mutant ${mutant.name}: ${fileURLToPath(url)} has not exactly one "${find}"`,
        );
      }
      source = source.replace(find, () => replace);
    }
    return { ...loaded, source };
  },
});
