import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '#lib/synthesize.ts';
import { FIXED_BUNDLER, REPOSITORY_ROOT } from './deployment-fixture.ts';
import './skip-template-check.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-entry-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs bin/app.ts as a plain process, from another folder. */
function runApp(environment: string, outdir: string) {
  return spawnSync(process.execPath, [path.join(REPOSITORY_ROOT, 'bin/app.ts')], {
    cwd: folder,
    env: { CDK_OUTDIR: outdir, SLUICE_ENVIRONMENT: environment, CDK_VALIDATION: 'false' },
    encoding: 'utf8',
  });
}

/** Templates without the hashes of bundles, which are not made in this process. */
function templates(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory)
      .filter((name) => name.endsWith('.template.json'))
      .map((name) => [name, readFileSync(path.join(directory, name), 'utf8')])
      .map(([name, text]) => [name, text?.replaceAll(/\b[0-9a-f]{64}\b/g, 'HASH')]),
  );
}

describe('bin/app.ts', () => {
  it('writes what synthesize writes', () => {
    const outdir = path.join(folder, 'entry');
    const run = runApp('prod', outdir);
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' });
    const inProcess = path.join(folder, 'in-process');
    const options = { root: REPOSITORY_ROOT, outdir: inProcess };
    const bundler = FIXED_BUNDLER;
    synthesize({ ...options, environment: 'prod', bundler });
    const written = templates(outdir);
    expect(Object.keys(written)).toContain('sluice-prod-storage.template.json');
    expect(written).toEqual(templates(inProcess));
  });

  it('ends with status 1 and a readable message when it cannot synthesize', () => {
    const run = runApp('moon', path.join(folder, 'moon'));
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/no such environment: .* got "moon"/);
    expect(run.stderr.length).toBeLessThan(500);
  });
});
