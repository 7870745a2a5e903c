import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { copyProject } from './project-copy.ts';
import { SluiceProcesses } from './run-sluice.ts';

const { folder: project, remove } = copyProject();
const sluice = new SluiceProcesses(project);
afterAll(() => {
  sluice.cleanUp();
  remove();
});

const DOMAIN = path.join(project, 'domains', 'market.yaml');

function changeDomain(from: string, to: string): void {
  const text = readFileSync(DOMAIN, 'utf8');
  expect(text).toContain(from);
  writeFileSync(DOMAIN, text.replace(from, to));
}

async function demo(): Promise<Record<string, unknown>> {
  return await sluice.json('demo', '--events', '1000', '--port', '0');
}

describe('a changed domain', { timeout: 120_000 }, () => {
  it('is refused until its schemas are generated', async () => {
    expect((await demo())['ok']).toBe(true);
    changeDomain(
      '      fee:       {',
      '      venue: { type: string, optional: true, examples: [ARCA] }\n      tags: { type: list, element: string, optional: true }\n      fee:       {',
    );
    const { status, stderr } = await sluice.run('validate');
    expect(status).toBe(1);
    expect(stderr).toContain('npm run generate');
    expect((await sluice.run('generate')).status).toBe(0);
    expect((await sluice.run('validate')).status).toBe(0);
  });

  it('adds its columns, nested ones too, to the table that is there, and old rows stay readable', async () => {
    const { ok, tables } = await demo();
    expect(ok).toBe(true);
    const { rows } = await sluice.json(
      'sql',
      'SELECT _schema_version AS version, count(*) > 0 AS some, count(venue) > 0 AS venues, count(tags) > 0 AS tags FROM local_market_bronze.trade GROUP BY 1 ORDER BY 1',
    );
    expect(rows).toEqual([
      { version: 1, some: true, venues: false, tags: false },
      { version: 2, some: true, venues: true, tags: true },
    ]);
    const trade = (tables as { table: string; snapshots: number }[]).find(
      ({ table }) => table === 'trade',
    );
    expect(trade?.snapshots).toBeGreaterThanOrEqual(2);
    expect(await sluice.tableProblems()).toEqual([]);
  });

  it('leaves the template of the table as it was created', () => {
    const template = readFileSync(
      path.join(sluice.stateDir, 'local', 'assembly', 'sluice-local-market-catalog.template.json'),
      'utf8',
    );
    const resources = Object.values(
      (JSON.parse(template) as { Resources: Record<string, { Type: string }> }).Resources,
    );
    const tables = JSON.stringify(resources.filter(({ Type }) => Type === 'AWS::Glue::Table'));
    expect(tables).toContain('_raw_symbol');
    expect(tables).not.toContain('venue');
    // The registry learns of the new version.
    const versions = resources.filter(({ Type }) => Type === 'AWS::Glue::SchemaVersion');
    expect(JSON.stringify(versions)).toContain('venue');
  });

  it('is refused when it would break what is stored', async () => {
    changeDomain('      trade_id: string', '      trade_id: long');
    const { status, stderr } = await sluice.run('generate');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /fields\.trade_id: the type changed from string to long.*restore the type/,
    );
  });
});
