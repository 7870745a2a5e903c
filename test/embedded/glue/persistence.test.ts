import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateTableCommand, GetTableCommand } from '@aws-sdk/client-glue';
import { describe, expect, it } from 'vitest';
import { openCatalogStore } from '#embedded/glue/catalog-store.ts';
import { createGlueService } from '#embedded/glue/glue-service.ts';
import { memoryS3, startGlue, temporaryFolder } from './start-glue.ts';

const TABLE = {
  Name: 'trades',
  Parameters: { table_type: 'ICEBERG', metadata_location: 's3://lake/t/0.json' },
};

describe('state of the catalog', () => {
  it('is there after a restart', async () => {
    const stateDir = temporaryFolder();
    const first = await startGlue({ stateDir });
    first.service.ensureDatabase({ name: 'market', description: 'Markets' });
    await first.client.send(new CreateTableCommand({ DatabaseName: 'market', TableInput: TABLE }));
    await first.stop();
    const second = await startGlue({ stateDir });
    const { Table } = await second.client.send(
      new GetTableCommand({ DatabaseName: 'market', Name: 'trades' }),
    );
    expect(Table).toMatchObject({ ...TABLE, VersionId: '0' });
    expect(second.service.listDatabases()).toEqual(['market']);
  });

  it('keeps every answered commit when the process is killed at any moment', async () => {
    const stateDir = temporaryFolder();
    const store = openCatalogStore(stateDir);
    store.putDatabase({ name: 'market', input: { Name: 'market' }, createdMs: 0 });
    store.putTable({
      databaseName: 'market',
      name: 'trades',
      input: TABLE,
      createdMs: 0,
      updatedMs: 0,
      version: 0,
      templateInput: null,
    });
    const child = spawn(process.execPath, [
      path.join(import.meta.dirname, 'update-until-killed.ts'),
      stateDir,
    ]);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    while (output.split('\n').length < 20) await delay(5);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const answered = Number(output.trimEnd().split('\n').at(-1));
    const table = openCatalogStore(stateDir).table('market', 'trades');
    expect(table?.version).toBeGreaterThanOrEqual(answered);
    expect(table?.version).toBeLessThanOrEqual(answered + 1);
    const version = (table?.version ?? 0) - 1;
    expect(table?.input).toEqual({
      Name: 'trades',
      Description: `${version} `.repeat(20_000),
      Parameters: { table_type: 'ICEBERG', metadata_location: `s3://lake/t/${version + 1}.json` },
    });
  });

  it('is refused when something else wrote it', () => {
    const stateDir = temporaryFolder();
    openCatalogStore(stateDir).putDatabase({ name: 'market', input: {}, createdMs: 0 });
    writeFileSync(path.join(stateDir, 'market', 'database.json'), '{"name"');
    expect(() => createGlueService({ stateDir, s3: memoryS3(new Map()) })).toThrow('is not JSON');
  });
});
