import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runKillRounds } from '#test/chaos/kill-rounds.ts';
import { SluiceProcesses } from './run-sluice.ts';

const sluice = new SluiceProcesses();
afterAll(() => sluice.cleanUp());

/** `.ci/run` does twelve more, `npm run test:kill` 200, with another seed every time. */
const KILLS = 6;

describe('SIGKILL at random moments', { timeout: 290_000 }, () => {
  it('loses nothing, takes nothing twice and needs no help, whatever is hit', async () => {
    const { problems, targets } = await runKillRounds(sluice, { seed: 'suite', kills: KILLS });
    expect(problems).toEqual([]);
    const killed = Object.values(targets).reduce((sum, target) => sum + target.killed, 0);
    expect(killed).toBeGreaterThanOrEqual(KILLS);
  });
});

function startDemo(events: number) {
  return sluice.start('demo', '--events', String(events), '--port', '0', '--json');
}

/** Resolves when the command has said this. */
function textOf(child: ChildProcess, words: string): Promise<void> {
  let told = '';
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`ended without saying "${words}": ${told}`)));
    child.stderr?.on('data', (text: Buffer) => {
      told += text.toString();
      if (told.includes(words)) resolve();
    });
  });
}

describe('demos that meet', { timeout: 120_000 }, () => {
  it('refuses a second one while the first is under way', async () => {
    const both = await Promise.all([startDemo(3000).finished, startDemo(3000).finished]);
    expect(both.map(({ status }) => status).sort()).toEqual([0, 2]);
    expect(both.find(({ status }) => status === 2)?.stderr).toMatch(/a demo is under way/);
  });
});

describe('SIGTERM', { timeout: 120_000 }, () => {
  it('ends a demo without closing the books, and the next one goes on with the run', async () => {
    const { child, finished } = startDemo(100_000);
    await textOf(child, 'to the stream');
    child.kill('SIGTERM');
    const { status, stdout } = await finished;
    expect(status).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, interrupted: true });
    expect(JSON.parse(stdout)).not.toHaveProperty('problems');
    const next = await sluice.json('demo', '--events', '10', '--port', '0');
    expect(next).toMatchObject({ ok: true, run: { resumed: true, events: 100_000 } });
  });
});

describe('a lost demo.json', { timeout: 120_000 }, () => {
  it('does not bring ids of an earlier run again', async () => {
    rmSync(path.join(sluice.stateDir, 'local', 'demo.json'));
    const result = await sluice.json('demo', '--events', '1000', '--port', '0');
    expect(result['ok']).toBe(true);
    const { rows } = await sluice.json(
      'sql',
      'SELECT count(*) - count(DISTINCT _event_id) AS doubled FROM local_market_bronze.trade',
    );
    expect(rows).toEqual([{ doubled: 0 }]);
  });
});
