import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFsTableCatalog } from '#adapters/fs/fs-table-catalog.ts';
import { describeTableCatalog } from '#test/contracts/table-catalog.contract.ts';
import { tradesMetadata } from '#test/core/iceberg/trades-table.ts';

const IDENT = { database: 'market', table: 'trades' };
const WRITER = fileURLToPath(new URL('./swap-until-killed.ts', import.meta.url));

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-catalog-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

for (const statesPerEpoch of [1000, 3]) {
  describeTableCatalog(`folder, ${statesPerEpoch} states an epoch`, async () => {
    const catalog = createFsTableCatalog(temporaryFolder(), { statesPerEpoch });
    return {
      catalog,
      createTable: (ident, first) => catalog.create(ident, first.metadataLocation),
      dropTable: (ident) => catalog.drop(ident),
    };
  });
}

const next = (metadataLocation: string) => ({ metadataLocation, metadata: tradesMetadata() });

describe('fs table catalog', () => {
  it('creates a table once, whoever comes first', async () => {
    const catalog = createFsTableCatalog(temporaryFolder());
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => catalog.create(IDENT, `first-${index}`)),
    );
    const created = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
    expect(created).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ code: 'TABLE_EXISTS' });
    }
    expect((await catalog.load(IDENT)).metadataLocation).toBe(`first-${created[0]}`);
  });

  it('opens what another process left', async () => {
    const folder = temporaryFolder();
    await createFsTableCatalog(folder).create(IDENT, 'first');
    const pointer = await createFsTableCatalog(folder).load(IDENT);
    expect(pointer.metadataLocation).toBe('first');
  });

  it.each([
    ['..', '.'],
    ['a/b', 'a%2Fb'],
    ['Trades', 'trades'],
    ['é', 'e\u0301'],
    ['null\u0000byte', 'con'],
    ['x'.repeat(250), `${'x'.repeat(249)}y`],
    ['😀'.repeat(70), '__proto__'],
  ])('keeps tables %j and %j apart, inside of its folder', async (one, other) => {
    const outside = temporaryFolder();
    const catalog = createFsTableCatalog(path.join(outside, 'catalog'));
    for (const name of [one, other]) {
      await catalog.create({ database: name, table: name }, `first of ${name}`);
    }
    for (const name of [one, other]) {
      const ident = { database: name, table: name };
      expect((await catalog.load(ident)).metadataLocation).toBe(`first of ${name}`);
      expect(await catalog.list(name)).toEqual([ident]);
    }
    expect(readdirSync(outside)).toEqual(['catalog']);
  });

  it.each(['', '\ud800'])('refuses the name %j', async (name) => {
    const catalog = createFsTableCatalog(temporaryFolder());
    await expect(catalog.create({ database: 'd', table: name }, 'x')).rejects.toMatchObject({
      code: 'USAGE',
    });
  });

  it('clears old epochs, and lets nobody build on what was in them', async () => {
    const folder = temporaryFolder();
    const catalog = createFsTableCatalog(folder, { statesPerEpoch: 3 });
    await catalog.create(IDENT, '0');
    const stale = await catalog.load(IDENT);
    for (let state = 1; state < 20; state++) {
      await catalog.swap(IDENT, await catalog.load(IDENT), next(String(state)));
    }
    const epochs = path.join(folder, 'market', 'trades');
    const full = readdirSync(epochs).filter((epoch) =>
      readdirSync(path.join(epochs, epoch)).includes('states'),
    );
    expect(full).toHaveLength(2);
    await expect(catalog.swap(IDENT, stale, next('x'))).rejects.toMatchObject({
      code: 'COMMIT_CONFLICT',
    });
    expect((await catalog.load(IDENT)).metadataLocation).toBe('19');
  });

  it('names a state that is none', async () => {
    const folder = temporaryFolder();
    const catalog = createFsTableCatalog(folder);
    await catalog.create(IDENT, '0');
    const states = path.join(folder, 'market', 'trades', 'epoch-000000000001', 'states');
    writeFileSync(path.join(states, '000001'), '{"metadataLocation":1}');
    await expect(catalog.load(IDENT)).rejects.toMatchObject({
      code: 'TABLE_INVALID',
      message: expect.stringContaining('000001'),
    });
  });

  it('says SOURCE_UNAVAILABLE where the folder cannot be a folder', async () => {
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const catalog = createFsTableCatalog(file);
    await expect(catalog.create(IDENT, '0')).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    await expect(catalog.load(IDENT)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
  });
});

interface Writer {
  readonly process: ChildProcess;
  /** Locations it presented, and those it was told are current. */
  readonly said: () => { readonly tried: readonly string[]; readonly won: readonly string[] };
}

function startWriter(folder: string, name: string, count?: number): Writer {
  const args = [WRITER, folder, name, ...(count === undefined ? [] : [String(count)])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = (kind: string) =>
    output
      .split('\n')
      // A line that SIGKILL cut is not said.
      .slice(0, -1)
      .flatMap((line) => (line.startsWith(kind) ? [line.slice(kind.length)] : []));
  return { process: child, said: () => ({ tried: lines('try '), won: lines('won ') }) };
}

/** Locations from the current one back to the first, each of which names the one before it. */
async function chainOf(folder: string, states: readonly string[]): Promise<readonly string[]> {
  const byName = new Map(states.map((location) => [location.split('<')[0], location]));
  const current = (await createFsTableCatalog(folder).load(IDENT)).metadataLocation;
  const chain = [current];
  for (let at = current; at.includes('<'); ) {
    at = byName.get(at.split('<')[1]) ?? 'missing';
    chain.push(at);
  }
  return chain;
}

describe('fs table catalog between processes', { timeout: 60_000 }, () => {
  it('loses nothing of processes that race', async () => {
    const folder = temporaryFolder();
    await createFsTableCatalog(folder, { statesPerEpoch: 4 }).create(IDENT, 'first');
    const writers = ['a', 'b', 'c'].map((name) => startWriter(folder, name, 25));
    await Promise.all(writers.map(({ process: child }) => once(child, 'close')));
    const won = writers.flatMap(({ said }) => said().won);
    const chain = await chainOf(folder, [...won, 'first']);
    expect(chain.at(-1)).toBe('first');
    expect(chain.slice(0, -1).toSorted()).toEqual(won.toSorted());
    expect(won).toHaveLength(75);
  });

  it('keeps every acknowledged swap when processes are killed, and goes on', async () => {
    const folder = temporaryFolder();
    await createFsTableCatalog(folder, { statesPerEpoch: 4 }).create(IDENT, 'first');
    const tried: string[] = [];
    const won: string[] = [];
    for (let round = 0; round < 4; round++) {
      const writers = ['a', 'b'].map((name) => startWriter(folder, `${name}${round}`));
      while (writers.some(({ said }) => said().won.length < 3 + round)) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      for (const { process: child, said } of writers) {
        child.kill('SIGKILL');
        await once(child, 'close');
        tried.push(...said().tried);
        won.push(...said().won);
      }
    }
    const chain = await chainOf(folder, [...tried, 'first']);
    expect(chain).not.toContain('missing');
    expect(chain.at(-1)).toBe('first');
    // A swap that nobody was told of may have happened; one that was acknowledged has.
    expect(new Set(chain).size).toBe(chain.length);
    expect(won.filter((location) => !chain.includes(location))).toEqual([]);
  });
});
