import { parseArgs } from 'node:util';
import { SluiceProcesses } from '#test/e2e/run-sluice.ts';
import { KILL_TARGETS } from './kill-plan.ts';
import { describeMoment, runKillRounds } from './kill-rounds.ts';

/**
 * `npm run test:kill -- [--kills 200] [--seed text] [--json]`: SIGKILLs at random moments, in rounds of a
 * shared state; ends with status 1 when anything was lost, doubled, stuck or out of balance.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now()) },
    json: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
if (!Number.isInteger(kills) || kills < 1) {
  process.stderr.write(`--kills: expected a whole number from 1, got ${values.kills}\n`);
  process.exit(2);
}
const sluice = new SluiceProcesses();
const startedMs = Date.now();
try {
  process.stderr.write(`${kills} kills, seed ${values.seed}\n`);
  const report = await runKillRounds(sluice, { seed: values.seed, kills }, (told) => {
    const { round, target, moment } = told.kill;
    const hit = told.killed === 0 ? 'ended before' : `${told.killed} killed`;
    process.stderr.write(
      `${String(round + 1).padStart(4)}  ${target.padEnd(8)}  ${describeMoment(moment).padEnd(24)}  ${hit}\n`,
    );
    for (const problem of told.problems) process.stderr.write(`PROBLEM ${problem}\n`);
  });
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  for (const target of KILL_TARGETS) {
    const { rounds, killed } = report.targets[target];
    process.stderr.write(`${target.padEnd(8)}  ${rounds} rounds, ${killed} processes killed\n`);
  }
  process.stderr.write(
    `${report.runs} runs, ${report.rows} rows, ${report.problems.length} problems, ${seconds} s\n`,
  );
  if (values.json)
    process.stdout.write(`${JSON.stringify({ seed: values.seed, kills, seconds, ...report })}\n`);
  process.exitCode = report.problems.length === 0 ? 0 : 1;
} finally {
  sluice.cleanUp();
}
