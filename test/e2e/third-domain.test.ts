import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { copyProject } from './project-copy.ts';
import { ROOT, SluiceProcesses } from './run-sluice.ts';

const { folder, remove } = copyProject();
const sluice = new SluiceProcesses(folder);
afterAll(() => {
  sluice.cleanUp();
  remove();
});

/** The whole file that docs/domain.md ends with. */
function documentedDomain(): string {
  const page = readFileSync(path.join(ROOT, 'docs', 'domain.md'), 'utf8');
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block = '']) => block);
  const found = blocks.find((block) => /^domain: factory$/m.test(block));
  if (found === undefined) throw new Error('docs/domain.md shows no whole file of domain factory');
  return found;
}

interface Line {
  readonly domain: string;
  readonly stream: string;
  readonly received: number;
  readonly committed: number;
  readonly unaccounted: number;
}

describe('a domain written from the documentation alone', { timeout: 120_000 }, () => {
  it('is valid as it is, and so is the one that init writes', async () => {
    writeFileSync(path.join(folder, 'domains', 'factory.yaml'), documentedDomain());
    const init = await sluice.run('init', 'orders', '--category', 'payment.transaction');
    expect(init).toMatchObject({ status: 0 });
    expect(await sluice.run('generate')).toMatchObject({ status: 0 });
    expect(await sluice.run('validate')).toMatchObject({ status: 0 });
  });

  it('runs beside the others without a line of code, and its books balance', async () => {
    const { ok, streams } = (await sluice.json('demo', '--events', '6000', '--port', '0')) as {
      ok: boolean;
      streams: readonly Line[];
    };
    expect(ok).toBe(true);
    const third = streams.filter(({ domain }) => domain === 'factory' || domain === 'orders');
    expect(third.map(({ domain, stream }) => `${domain}.${stream}`)).toEqual([
      'factory.measurement',
      'factory.order_item',
      expect.stringMatching(/^orders\./),
    ]);
    for (const line of third) {
      expect(line.committed).toBeGreaterThan(0);
      expect(line.unaccounted).toBe(0);
    }
    expect(streams.filter(({ domain }) => domain === 'market')).toHaveLength(4);
    expect(streams.filter(({ domain }) => domain === 'city')).toHaveLength(3);
  });

  it('computes its mapped columns and answers SQL', async () => {
    const { rows } = await sluice.json(
      'sql',
      "SELECT count(*) > 0 AS some, count_if(kelvin = value + 273.15) = count(*) AS mapped FROM local_factory_bronze.measurement WHERE unit = 'celsius'",
    );
    expect(rows).toEqual([{ some: true, mapped: true }]);
  });
});
