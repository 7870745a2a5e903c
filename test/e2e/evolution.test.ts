import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, SluiceProcesses } from './run-sluice.ts';

/** A copy of the project, so that its domain can change. */
const project = mkdtempSync(path.join(os.tmpdir(), 'sluice-project-'));
for (const part of [
  'bin',
  'config',
  'domains',
  'lambdas',
  'lib',
  'localstack',
  'schemas',
  'src',
  'cdk.json',
  'package.json',
  'package-lock.json',
]) {
  cpSync(path.join(ROOT, part), path.join(project, part), { recursive: true });
}
symlinkSync(path.join(ROOT, 'node_modules'), path.join(project, 'node_modules'));
const sluice = new SluiceProcesses(project);
afterAll(() => {
  sluice.cleanUp();
  rmSync(project, { recursive: true, force: true });
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
    expect(tables).toContainEqual(expect.objectContaining({ table: 'trade', snapshots: 2 }));
    expect(await sluice.tableProblems()).toEqual([]);
  });

  it('leaves the template of the table as it was created', () => {
    const template = readFileSync(
      path.join(sluice.stateDir, 'local', 'assembly', 'sluice-local-market-catalog.template.json'),
      'utf8',
    );
    expect(template).toContain('_raw_symbol');
    expect(template).not.toContain('venue');
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
