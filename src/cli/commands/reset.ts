import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { SluiceError } from '#core/errors.ts';
import { booleanOption, type Command } from '../command.ts';
import { lockHolder, stateFolder } from '../state-folder.ts';

export const reset: Command = {
  name: 'reset',
  summary: "delete the local cloud's state: streams, objects, tables, catalogue",
  usage: '[--yes] [--json]',
  options: { yes: { type: 'boolean', description: 'do not ask' } },
  async run(context) {
    const { output } = context;
    const folder = stateFolder(context.root, 'local');
    const holder = lockHolder(folder);
    if (holder !== null) {
      throw new SluiceError(
        'USAGE',
        `the local cloud is running as process ${holder}; stop it first (Ctrl-C where it runs, or kill ${holder})`,
      );
    }
    if (!existsSync(folder.root)) {
      output.line('There is no local state.');
      output.result({ ok: true, deleted: false });
      return 0;
    }
    if (
      !booleanOption(context, 'yes') &&
      !(await confirm('Delete all local tables, streams and objects?'))
    ) {
      output.problem('Nothing was deleted; `sluice reset --yes` does not ask.');
      output.result({ ok: false, deleted: false });
      return 1;
    }
    rmSync(folder.root, { recursive: true, force: true });
    output.line('Local state deleted.');
    output.result({ ok: true, deleted: true });
    return 0;
  },
};

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await reader.question(`${question} [y/N] `)).trim());
  } finally {
    reader.close();
  }
}
