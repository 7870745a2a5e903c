import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type DeployedResource,
  readDeployedResources,
  writeDeployedResources,
} from '#embedded/assembly/deployed-resources.ts';
import { temporaryFolder } from './assembly-fixture.ts';

const TABLE: DeployedResource = {
  type: 'AWS::Glue::Table',
  name: 'trade',
  retained: true,
  frozenProperties: { Name: 'trade', Fields: [{ Id: 1 }] },
};
let folder: ReturnType<typeof temporaryFolder>;
let stateDir: string;

beforeEach(() => {
  folder = temporaryFolder();
  stateDir = path.join(folder.path, 'state');
});

afterEach(() => folder.remove());

describe('deployed resources', () => {
  it('are none before the first deployment', () => {
    expect(readDeployedResources(stateDir).size).toBe(0);
    expect(existsSync(stateDir)).toBe(false);
  });

  it('come back as they were written', () => {
    writeDeployedResources(stateDir, new Map([['app/Table', TABLE]]));
    expect([...readDeployedResources(stateDir)]).toEqual([['app/Table', TABLE]]);
    expect(readdirSync(stateDir)).toEqual(['deployed.json']);
  });

  it('survive a write that was killed half way', () => {
    writeDeployedResources(stateDir, new Map([['app/Table', TABLE]]));
    writeFileSync(path.join(stateDir, 'deployed.json.next'), '{"version":1,"resou');
    expect(readDeployedResources(stateDir).has('app/Table')).toBe(true);
    writeDeployedResources(stateDir, new Map());
    expect(readDeployedResources(stateDir).size).toBe(0);
  });

  it.each([
    ['cut off', '{"version":1,'],
    ['of another version', '{"version":2,"resources":{}}'],
    ['without its list', '{"version":1}'],
  ])('are refused when the file is %s', (_name, content) => {
    writeDeployedResources(stateDir, new Map());
    writeFileSync(path.join(stateDir, 'deployed.json'), content);
    expect(() => readDeployedResources(stateDir)).toThrow(
      expect.objectContaining({
        code: 'FORMAT_CORRUPT',
        message: expect.stringContaining('delete the state folder'),
      }),
    );
  });
});
