import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLambdaBundler } from '#lib/constructs/lambda-code.ts';
import { synthesizeDeployment } from '#lib/synthesize.ts';
import {
  LOCAL_ENVIRONMENT,
  marketDeployment,
  PROD_ENVIRONMENT,
  REPOSITORY_ROOT,
} from './deployment-fixture.ts';
import { withAssembly } from './market-templates.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-synthesize-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const root = REPOSITORY_ROOT;

/** Every file below a folder with its bytes as text. */
function contents(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    files
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [path.relative(directory, file), readFileSync(file, 'latin1')]),
  );
}

describe('synthesizeDeployment', () => {
  it('writes the same bytes into two folders, bundles included', () => {
    const deployments = ['first', 'second/deeper'].map((name) => {
      const outdir = path.join(folder, name);
      const bundler = createLambdaBundler(root);
      const deployment = {
        ...marketDeployment(LOCAL_ENVIRONMENT),
        bundler: { bundle: () => bundler.bundle('src/core/delivery/position.ts') },
      };
      synthesizeDeployment(deployment, { root, outdir });
      return contents(outdir);
    });
    expect(Object.keys(deployments[0] ?? {})).toContain('manifest.json');
    expect(Object.keys(deployments[0] ?? {}).some((name) => name.endsWith('index.mjs'))).toBe(true);
    expect(deployments[1]).toEqual(deployments[0]);
  });

  it('reports every stack with its number of resources', () => {
    const { stacks } = synthesizeDeployment(marketDeployment(LOCAL_ENVIRONMENT), {
      root,
      outdir: path.join(folder, 'counted'),
    });
    expect(Object.fromEntries(stacks.map(({ name, resources }) => [name, resources]))).toEqual({
      'sluice-local-operations': 5,
      'sluice-local-storage': 16,
      'sluice-local-market-catalog': 3,
      'sluice-local-market-ingestion': 1,
      'sluice-local-market-processing': 38,
    });
  });

  it('replaces an older assembly, files that are no longer made included', () => {
    const outdir = path.join(folder, 'replaced');
    synthesizeDeployment(marketDeployment(LOCAL_ENVIRONMENT), { root, outdir });
    writeFileSync(path.join(outdir, 'gone.template.json'), '{}');
    synthesizeDeployment(marketDeployment(LOCAL_ENVIRONMENT), { root, outdir });
    expect(existsSync(path.join(outdir, 'gone.template.json'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('replaced'))).toEqual(['replaced']);
  });

  it('writes into an empty folder', () => {
    const outdir = path.join(folder, 'empty');
    mkdirSync(outdir);
    synthesizeDeployment(marketDeployment(LOCAL_ENVIRONMENT), { root, outdir });
    expect(existsSync(path.join(outdir, 'manifest.json'))).toBe(true);
  });

  it('protects the stacks that hold data from deletion, except in a throw-away environment', () => {
    const isProtected = (environment: typeof PROD_ENVIRONMENT) =>
      withAssembly(marketDeployment(environment), (directory) => {
        const { artifacts } = JSON.parse(
          readFileSync(path.join(directory, 'manifest.json'), 'utf8'),
        ) as { artifacts: Record<string, { properties: { terminationProtection?: boolean } }> };
        return Object.keys(artifacts)
          .filter((id) => artifacts[id]?.properties.terminationProtection)
          .sort();
      });
    expect(isProtected(LOCAL_ENVIRONMENT)).toEqual([]);
    expect(isProtected(PROD_ENVIRONMENT)).toEqual([
      'sluice-prod-market-catalog',
      'sluice-prod-market-ingestion',
      'sluice-prod-storage',
    ]);
  });

  it('refuses to replace a folder that is no assembly', () => {
    const outdir = path.join(folder, 'documents');
    mkdirSync(outdir);
    writeFileSync(path.join(outdir, 'letter.txt'), 'dear');
    expect(() =>
      synthesizeDeployment(marketDeployment(LOCAL_ENVIRONMENT), { root, outdir }),
    ).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(readdirSync(outdir)).toEqual(['letter.txt']);
  });

  it('keeps the older assembly when synthesis fails', () => {
    const outdir = path.join(folder, 'kept');
    const deployment = marketDeployment(LOCAL_ENVIRONMENT);
    synthesizeDeployment(deployment, { root, outdir });
    const before = contents(outdir);
    const failing = {
      ...deployment,
      bundler: {
        bundle: () => {
          throw new Error('no bundle');
        },
      },
    };
    expect(() => synthesizeDeployment(failing, { root, outdir })).toThrow('no bundle');
    expect(contents(outdir)).toEqual(before);
    expect(readdirSync(folder).filter((name) => name.startsWith('kept'))).toEqual(['kept']);
  });
});
