import { formatRefusal, generateSchemas } from '#app/generate-schemas.ts';
import { loadConfig } from '#runtime/load-project.ts';
import type { Command } from '../command.ts';
import { printChanges } from '../schemas/print-schemas.ts';

export const schemasCheck: Command = {
  name: 'schemas check',
  summary:
    'what generate would do, and what it would refuse; exit status 1 when it would refuse anything',
  usage: '[--json]',
  options: {},
  async run({ root, output }) {
    const { project, schemaFiles } = loadConfig({ root, environment: 'local' });
    const { changes, refused, writes } = generateSchemas({ project, files: schemaFiles });
    printChanges(output, changes);
    for (const refusal of refused) output.problem(`refused: ${formatRefusal(refusal)}`);
    if (refused.length === 0) output.line(summaryOf(changes.length, writes.length));
    output.result({ ok: refused.length === 0, changes, refused });
    return refused.length === 0 ? 0 : 1;
  },
};

function summaryOf(changes: number, writes: number): string {
  if (changes > 0) {
    return `${changes} ${changes === 1 ? 'stream gets' : 'streams get'} a next version; write it: npm run generate`;
  }
  return writes === 0
    ? 'Every schema is up to date.'
    : 'No schema changes; other files are not up to date: npm run generate';
}
