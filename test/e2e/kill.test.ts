import { afterAll, describe, expect, it } from 'vitest';
import { SluiceProcesses } from './run-sluice.ts';

const sluice = new SluiceProcesses();
afterAll(() => sluice.cleanUp());

const EVENTS = 30_000;
/** After the first start, which synthesizes; spread over start, production and commits. */
const KILL_AFTER_MS = [600, 900, 1300, 1800, 2500];

describe('SIGKILL of the whole process tree', { timeout: 180_000 }, () => {
  it('loses nothing and takes nothing twice', async () => {
    await sluice.json('tables');
    for (const delayMs of KILL_AFTER_MS) {
      const { child, finished } = sluice.start(
        'demo',
        '--events',
        String(EVENTS),
        '--port',
        '0',
        '--json',
      );
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      sluice.killTree(child);
      await finished;
    }
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
  });
});
