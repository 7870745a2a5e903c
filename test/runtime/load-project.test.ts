import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { generateSchemas } from '#app/generate-schemas.ts';
import { loadConfig, loadProject } from '#runtime/load-project.ts';
import { projectFiles } from '#test/core/config/project-fixture.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A project folder with the fixture's files and their generated schemas. */
function createProject(changes: Readonly<Record<string, string | null>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'sluice-project-'));
  folders.push(root);
  for (const file of projectFiles(changes)) write(root, file.path, file.text);
  return root;
}

function write(root: string, path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function generateInto(root: string): void {
  const { project, schemaFiles } = loadConfig({ root, environment: 'local' });
  for (const file of generateSchemas({ project, files: schemaFiles }).writes) {
    write(root, file.path, file.text);
  }
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    return error instanceof Error ? error.message : '';
  }
  throw new Error('expected an error');
}

describe('loadProject', () => {
  it('loads project and registry of a generated folder', () => {
    const root = createProject();
    generateInto(root);
    const { project, registry } = loadProject({ root, environment: 'prod' });
    expect(project.environment.name).toBe('prod');
    expect(registry.streams.map(({ stream }) => stream)).toEqual(['trade']);
  });

  it.each(['local', 'dev', 'prod'])('loads this repository in %s', (environment) => {
    const { project, registry } = loadProject({ root: REPOSITORY, environment });
    expect(project.domains.map((domain) => domain.name)).toContain('market');
    expect(registry.streams.length).toBeGreaterThan(0);
  });

  it('lists every issue of every file in one error', () => {
    const root = createProject({ 'config/environments/prod.yaml': 'log_retention: soon\n' });
    write(root, 'domains/broken.yaml', 'streams: 1\n');
    write(root, 'config/latin1.yaml', new Uint8Array([0x61, 0x3a, 0x20, 0xe9]));
    const lines = messageOf(() => loadProject({ root, environment: 'local' })).split('\n');
    expect(lines[0]).toMatch(/^the configuration has \d+ problems; correct and run again$/);
    expect(lines.some((line) => line.startsWith('config/latin1.yaml:1:1: expected UTF-8'))).toBe(
      true,
    );
    expect(lines).toContain('domains/broken.yaml:1:10 streams: expected a mapping, got 1');
    expect(lines.some((line) => line.startsWith('config/environments/prod.yaml:1:16'))).toBe(true);
  });

  it('refuses schemas that are behind the domain file', () => {
    const root = createProject();
    expect(messageOf(() => loadProject({ root, environment: 'local' }))).toContain(
      'schemas/registry.json: is not up to date; run "npm run generate" and commit it',
    );
  });

  it('refuses a domain change that breaks committed schemas', () => {
    const root = createProject();
    generateInto(root);
    const changed = projectFiles().find(({ path }) => path === 'domains/market.yaml')?.text ?? '';
    write(root, 'domains/market.yaml', changed.replace('trade_id: string', 'trade_id: int'));
    expect(messageOf(() => loadProject({ root, environment: 'local' }))).toContain(
      'domains/market.yaml streams.trade.fields.trade_id: the type changed from string to int',
    );
  });

  it('reads domains/*.yaml only, not the files of a domain below', () => {
    const root = createProject();
    write(root, 'domains/market/daily_bars.sql', 'select 1');
    write(root, 'domains/market/notes.yaml', '- not a domain');
    expect(() => loadConfig({ root, environment: 'local' })).not.toThrow();
  });

  it('tells what a folder without a project lacks', () => {
    const root = mkdtempSync(join(tmpdir(), 'sluice-empty-'));
    folders.push(root);
    const message = messageOf(() => loadProject({ root, environment: 'local' }));
    expect(message).toContain('config/platform.yaml:1:1: expected the file, got nothing');
    expect(message).toContain('domains:1:1: expected at least one file <name>.yaml, got none');
  });

  it('checks expressions against the fields of their stream', () => {
    const domain = readFileSync(join(REPOSITORY, 'domains/market.yaml'), 'utf8');
    const wrong = domain
      .replace('price > 0', 'prise > 0')
      .replace('upper(trim(symbol))', 'length(symbol)');
    const root = createProject({ 'domains/market.yaml': wrong });
    const message = messageOf(() => loadProject({ root, environment: 'local' }));
    expect(message).toMatch(/quality\[0\]\.rule: .*prise.*price/);
    expect(message).toMatch(/mapping\.symbol.*: .*cast/);
  });

  it('gives the same from a copy of the folder', () => {
    const root = createProject();
    generateInto(root);
    const copy = mkdtempSync(join(tmpdir(), 'sluice-copy-'));
    folders.push(copy);
    cpSync(root, copy, { recursive: true });
    expect(loadProject({ root: copy, environment: 'local' })).toEqual(
      loadProject({ root, environment: 'local' }),
    );
  });
});
