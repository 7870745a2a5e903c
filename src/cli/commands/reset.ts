import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { SluiceError } from '#core/errors.ts';
import { recordedBackend } from '../backend/backend.ts';
import { openComposeStack } from '../backend/compose-stack.ts';
import { findDocker } from '../backend/docker.ts';
import { booleanOption, type Command } from '../command.ts';
import { lockHolder, takeLock } from '../process-lock.ts';
import { stateFolder } from '../state-folder.ts';

export const reset: Command = {
  name: 'reset',
  summary: "delete the local cloud's state: streams, objects, tables, catalogue",
  usage: '[--yes] [--json]',
  options: { yes: { type: 'boolean', description: 'do not ask' } },
  async run(context) {
    const { output } = context;
    const folder = stateFolder(context.root, 'local');
    if (!existsSync(folder.root)) {
      output.line('There is no local state.');
      output.result({ ok: true, deleted: false });
      return 0;
    }
    const holder = lockHolder(folder.lockFile);
    if (holder !== null) throw runningError(holder.pid);
    if (
      !booleanOption(context, 'yes') &&
      !(await confirm('Delete all local tables, streams and objects?'))
    ) {
      output.problem('Nothing was deleted; `sluice reset --yes` does not ask.');
      output.result({ ok: false, deleted: false });
      return 1;
    }
    const release = takeLock(folder.lockFile);
    if (release === null) throw runningError(lockHolder(folder.lockFile)?.pid ?? 0);
    const backend = recordedBackend(context.root);
    try {
      if (backend === 'compose') {
        await openComposeStack(await findDocker(), context.root).remove();
      }
    } catch (error) {
      // Without the volumes the rest would be half a state: all of it stays.
      release();
      throw new SluiceError(
        'SOURCE_UNAVAILABLE',
        `nothing was deleted: the containers of the state can be removed by Docker only: ${(error as Error).message}`,
        { cause: error },
      );
    }
    rmSync(folder.root, { recursive: true, force: true });
    release();
    output.line('Local state deleted.');
    if (backend === 'endpoints') {
      output.line('What other programs hold (objects, streams, receipts) stays with them.');
    }
    output.result({ ok: true, deleted: true });
    return 0;
  },
};

function runningError(pid: number): SluiceError {
  return new SluiceError(
    'USAGE',
    `the local cloud is running as process ${pid}; stop it first (Ctrl-C where it runs, or kill ${pid})`,
  );
}

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await reader.question(`${question} [y/N] `)).trim());
  } catch (error) {
    // Ctrl-C at the question is an answer.
    if (error instanceof Error && error.name === 'AbortError') return false;
    throw error;
  } finally {
    reader.close();
  }
}
