/**
 * `node scripts/run.cjs test/chaos/kill-files.ts [--kills 8]`: SIGKILLs of functions and of the whole local cloud while
 * files are read; ends with status 1 when a file does not go on within a minute, or a row is lost or doubled.
 */
import { parseArgs } from 'node:util';
import { copyProject } from '#test/e2e/project-copy.ts';
import { SluiceProcesses } from '#test/e2e/run-sluice.ts';
import { addKilledEntry, killFileRead } from './file-kills.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '8' } } });
const kills = Number(values.kills);
const { folder: project, remove } = copyProject();
const sluice = new SluiceProcesses(project);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
let problems = 0;
try {
  addKilledEntry(project);
  for (let round = 0; round < kills; round++) {
    const target = round % 2 === 0 ? 'function' : 'tree';
    const share = (Math.floor(round / 2) + 1) / Math.ceil(kills / 2);
    const killed = await killFileRead(sluice, { project, round, target, share });
    const { delayMs, rowsBefore, recoveryMs } = killed;
    const hit =
      rowsBefore === null ? 'the file was read before' : `${rowsBefore} rows saved before`;
    say(`kill ${round + 1}: ${target} after ${delayMs} ms, ${hit}, read ${recoveryMs} ms later`);
    for (const problem of killed.problems) say(`PROBLEM ${problem}`);
    problems += killed.problems.length;
  }
  say(`${kills} kills, ${problems} problems`);
  process.exitCode = problems === 0 ? 0 : 1;
} finally {
  sluice.cleanUp();
  remove();
}
