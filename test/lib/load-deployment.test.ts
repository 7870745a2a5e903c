import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REJECTED_TABLE_SHAPE } from '#core/schema/rejected-table.ts';
import { deployAssembly } from '#embedded/assembly/deploy-assembly.ts';
import { loadAssembly } from '#embedded/assembly/load-assembly.ts';
import type { GlueIcebergTableInput, LambdaFunctionConfig } from '#embedded/services.ts';
import { createDeployment } from '#lib/load-deployment.ts';
import { synthesize } from '#lib/synthesize.ts';
import { loadProject } from '#runtime/load-project.ts';
import { recordingServices } from '../embedded/assembly/assembly-fixture.ts';
import { FIXED_BUNDLER, REPOSITORY_ROOT } from './deployment-fixture.ts';

const root = REPOSITORY_ROOT;
const loaded = loadProject({ root, environment: 'local' });

describe('createDeployment', () => {
  it('has a table per stream of every domain and one for what is rejected, with frozen shapes', () => {
    const { domains } = createDeployment(loaded, FIXED_BUNDLER);
    for (const { domain, tables } of domains) {
      const streams = domain.streams.map(({ name }) => name);
      expect(tables.map(({ name }) => name)).toEqual([...streams, 'rejected']);
      expect(tables.at(-1)?.shape).toBe(REJECTED_TABLE_SHAPE);
    }
    const frozen = loaded.registry.streams[0];
    const tables = domains.find(({ domain }) => domain.name === frozen?.domain)?.tables;
    expect(tables?.find(({ name }) => name === frozen?.stream)?.shape).toBe(frozen?.table);
  });

  it('refuses a stream without generated schemas', () => {
    const registry = { ...loaded.registry, streams: [] };
    expect(() => createDeployment({ ...loaded, registry }, FIXED_BUNDLER)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('npm run generate'),
      }),
    );
  });
});

/** The repository's own domains and handler, from configuration to deployed resources. */
describe('the local environment of this project', () => {
  let folder: string;
  const { services, calls } = recordingServices();
  const argumentsOf = (name: string) => calls.filter(([call]) => call === name).map(([, a]) => a);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sluice-project-'));
    const outdir = path.join(folder, 'assembly');
    synthesize({ root, environment: 'local', outdir });
    await deployAssembly(loadAssembly(outdir), services, {
      stateDir: path.join(folder, 'state'),
      endpoint: 'http://127.0.0.1:4566',
      log: () => {},
    });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('deploys into the local cloud, every stream with its table', () => {
    const tables = argumentsOf('icebergTable') as GlueIcebergTableInput[];
    const expected = loaded.project.domains.flatMap(({ name, streams }) =>
      [...streams, { name: 'rejected' }].map((table) => `local_${name}_bronze.${table.name}`),
    );
    expect(tables.map(({ databaseName, name }) => `${databaseName}.${name}`).sort()).toEqual(
      [...expected, 'local_ops.ledger'].sort(),
    );
  });

  it('ships functions that initialize from their own folders', () => {
    const functions = argumentsOf('function') as LambdaFunctionConfig[];
    const { domains } = loaded.project;
    const expected = domains.flatMap(({ connectors, files, streams }) => [
      'lake-writer',
      'committer',
      'maintenance',
      'ledger',
      ...new Set(connectors.map(({ kind }) => kind)),
      ...new Set(streams.flatMap(({ sinks }) => sinks.filter((sink) => sink !== 'bronze'))),
      ...(files.length > 0 ? ['file-ingest'] : []),
    ]);
    expect(functions).toHaveLength(expected.length);
    for (const { codeDir, environment } of functions) {
      const script = `import(${JSON.stringify(path.join(codeDir, 'index.mjs'))}).then((m) => console.log(typeof m.handler))`;
      const run = spawnSync(process.execPath, ['-e', script], {
        cwd: folder,
        env: { ...environment, LAMBDA_TASK_ROOT: codeDir, AWS_REGION: 'us-east-1' },
        encoding: 'utf8',
      });
      expect({ stdout: run.stdout, stderr: run.stderr }).toEqual({
        stdout: 'function\n',
        stderr: '',
      });
    }
  });
});
