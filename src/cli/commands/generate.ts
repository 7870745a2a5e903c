import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatRefusal, generateSchemas } from '#app/generate-schemas.ts';
import { SluiceError } from '#core/errors.ts';
import { loadConfig } from '#runtime/load-project.ts';
import { booleanOption, type Command } from '../command.ts';
import { printChanges } from '../schemas/print-schemas.ts';

export const generate: Command = {
  name: 'generate',
  summary:
    'write schemas/ from the domain files: Avro schemas, table shapes, migrations, editor schemas',
  usage: '[--check] [--json]',
  options: {
    check: {
      type: 'boolean',
      description: 'write nothing; exit status 1 when something is not up to date',
    },
  },
  async run(context) {
    const { root, output } = context;
    const { project, schemaFiles } = loadConfig({
      root,
      environment: 'local',
    });
    const generated = generateSchemas({ project, files: schemaFiles });
    const { writes, unchanged, refused, changes } = generated;
    printChanges(output, changes);
    if (refused.length > 0) {
      throw new SluiceError(
        'SCHEMA_INCOMPATIBLE',
        `nothing was written:\n${refused.map(formatRefusal).join('\n')}`,
      );
    }
    const check = booleanOption(context, 'check');
    for (const file of writes) {
      if (!check) writeText(path.join(root, file.path), file.text);
      output.line(`${check ? 'not up to date' : 'wrote'}  ${file.path}`);
    }
    const rest =
      writes.length === 0 ? 'Everything is up to date' : `${unchanged.length} files unchanged`;
    output.line(
      `${rest}.${check && writes.length > 0 ? ' Run "npm run generate" and commit the files.' : ''}`,
    );
    const ok = !check || writes.length === 0;
    output.result({
      ok,
      [check ? 'outdated' : 'written']: writes.map((file) => file.path),
      unchanged: unchanged.length,
      changes,
    });
    return ok ? 0 : 1;
  },
};

function writeText(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
