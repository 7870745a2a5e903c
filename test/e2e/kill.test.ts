import type { ChildProcess } from 'node:child_process';
import { rmSync, watch } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SluiceProcesses } from './run-sluice.ts';

const sluice = new SluiceProcesses();
afterAll(() => sluice.cleanUp());

const EVENTS = 20_000;
/** After the first start, which synthesizes; spread over start, production and commits. */
const KILL_AFTER_MS = [600, 900, 1300, 1800, 2500];

describe('SIGKILL of the whole process tree', { timeout: 180_000 }, () => {
  it('loses nothing and takes nothing twice at any moment', async () => {
    await sluice.json('tables');
    for (const delayMs of KILL_AFTER_MS) {
      const { child, finished } = startDemo(EVENTS);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      sluice.killTree(child);
      await finished;
    }
    await expectCleanDemo();
  });

  it.each([
    ['while a batch is staged', 's3'],
    ['between the commit and the checkpoint', 'glue'],
  ])('loses nothing and takes nothing twice %s', async (_, service) => {
    const folder = path.join(sluice.stateDir, 'local', 'services', service);
    for (let kills = 0; kills < 2; ) {
      const { child, finished } = startDemo(EVENTS);
      await textOf(child, 'Run ');
      // A run that was killed after its last commit ends without another change.
      if (await changesBefore(folder, finished)) kills++;
      sluice.killTree(child);
      await finished;
    }
    await expectCleanDemo();
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

/** Resolves at the next change of a file below a folder: true; at the end of the process: false. */
async function changesBefore(folder: string, end: Promise<unknown>): Promise<boolean> {
  const watcher = watch(folder, { recursive: true });
  try {
    const change = new Promise<boolean>((resolve) => {
      watcher.once('change', () => resolve(true));
    });
    return await Promise.race([change, end.then(() => false)]);
  } finally {
    watcher.close();
  }
}

async function expectCleanDemo(): Promise<void> {
  const result = await sluice.json('demo', '--events', String(EVENTS), '--port', '0');
  expect(result['ok']).toBe(true);
  const streams = result['streams'] as {
    committed: number;
    unaccounted: number;
    received: number;
  }[];
  expect(streams[0]?.unaccounted).toBe(0);
  const { rows } = await sluice.json(
    'sql',
    'SELECT count(*) AS n, count(DISTINCT _event_id) AS ids FROM local_market_bronze.trade',
  );
  expect(rows).toEqual([{ n: streams[0]?.committed, ids: streams[0]?.committed }]);
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
