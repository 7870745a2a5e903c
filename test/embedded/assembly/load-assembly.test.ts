import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAssembly } from '#embedded/assembly/load-assembly.ts';
import { temporaryFolder, writeAssembly, writeJson } from './assembly-fixture.ts';

const EMPTY = { template: { Resources: {} } };
let folder: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => folder.remove());

describe('loadAssembly', () => {
  it('puts a stack after the stacks it depends on', () => {
    writeAssembly(folder.path, {
      processing: { ...EMPTY, dependencies: ['catalog', 'ingestion'] },
      catalog: { ...EMPTY, dependencies: ['storage'] },
      ingestion: EMPTY,
      storage: EMPTY,
    });
    expect(loadAssembly(folder.path).stacks.map(({ name }) => name)).toEqual([
      'storage',
      'catalog',
      'ingestion',
      'processing',
    ]);
  });

  it('finds the folder of an asset by its object key', () => {
    writeAssembly(folder.path, { app: { ...EMPTY, assets: { 'abc.zip': 'asset.abc' } } });
    const [stack] = loadAssembly(folder.path).stacks;
    expect(stack?.assets.get('abc.zip')).toEqual({
      path: path.join(folder.path, 'asset.abc'),
      packaging: 'zip',
    });
  });

  it('takes the name of a stack from its properties', () => {
    writeJson(folder.path, 'app.template.json', { Resources: {} });
    writeJson(folder.path, 'manifest.json', {
      artifacts: {
        App: {
          type: 'aws:cloudformation:stack',
          properties: { templateFile: 'app.template.json', stackName: 'sluice-app' },
        },
      },
    });
    expect(loadAssembly(folder.path).stacks.map(({ name }) => name)).toEqual(['sluice-app']);
  });

  it('ignores reports and trees', () => {
    writeJson(folder.path, 'manifest.json', {
      artifacts: { Tree: { type: 'cdk:tree' }, Flags: { type: 'cdk:feature-flag-report' } },
    });
    expect(loadAssembly(folder.path).stacks).toEqual([]);
  });

  it('refuses artifacts it cannot deploy', () => {
    writeJson(folder.path, 'manifest.json', {
      artifacts: { Stage: { type: 'cdk:cloud-assembly' } },
    });
    expect(() => loadAssembly(folder.path)).toThrow(
      expect.objectContaining({
        code: 'FEATURE_UNSUPPORTED',
        message: expect.stringContaining('Stage (cdk:cloud-assembly)'),
      }),
    );
  });

  it('refuses container images', () => {
    writeAssembly(folder.path, { app: EMPTY });
    writeJson(folder.path, 'app.assets.json', { files: {}, dockerImages: { image: {} } });
    expect(() => loadAssembly(folder.path)).toThrow(/runs no container images, got 1/);
  });

  it('says what to do when nothing has been synthesized', () => {
    expect(() => loadAssembly(folder.path)).toThrow(
      expect.objectContaining({
        code: 'OBJECT_NOT_FOUND',
        message: expect.stringContaining('synthesize the stacks first'),
      }),
    );
  });

  it('refuses a manifest that is no manifest', () => {
    writeJson(folder.path, 'manifest.json', { artifacts: [] });
    expect(() => loadAssembly(folder.path)).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
    );
  });

  it('refuses a path that leads out of the assembly', () => {
    writeAssembly(folder.path, { app: { ...EMPTY, assets: { 'a.zip': '../secrets' } } });
    expect(() => loadAssembly(folder.path)).toThrow(
      /expected a path inside .* got "\.\.\/secrets"/,
    );
  });

  it('refuses a dependency on an artifact that does not exist', () => {
    writeAssembly(folder.path, { app: { ...EMPTY, dependencies: ['lost'] } });
    expect(() => loadAssembly(folder.path)).toThrow(/unknown artifact "lost"/);
  });
});
