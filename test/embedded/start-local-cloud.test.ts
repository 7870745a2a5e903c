import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startLocalCloud } from '#embedded/start-local-cloud.ts';
import { temporaryFolder, writeAssembly } from './assembly/assembly-fixture.ts';

it('leaves nothing open when it cannot start: the next start finds the state free', async () => {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const inFolder = (name: string): string => path.join(folder.path, name);
  writeAssembly(inFolder('assembly'), { app: { template: { Resources: {} } } });
  const options = {
    assemblyDir: inFolder('assembly'),
    stateDir: inFolder('state'),
    logDir: inFolder('logs'),
    cloudFile: inFolder('cloud.json'),
  };
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  await expect(startLocalCloud({ ...options, port })).rejects.toMatchObject({ code: 'USAGE' });
  const cloud = await startLocalCloud({ ...options, port: 0 });
  expect(cloud.health().stacks).toEqual([{ name: 'app', resources: 0 }]);
  await cloud.close();
});
