import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';

const ENTRY = path.resolve(import.meta.dirname, '../../scripts/run.cjs');

describe('scripts/run.cjs', () => {
  it('is ES5, so that any Node can read it', () => {
    const options = { target: 'es5', logLevel: 'silent' } as const;
    expect(() => transformSync('const newer = 1;', options)).toThrow();
    expect(transformSync(readFileSync(ENTRY, 'utf8'), options).warnings).toEqual([]);
  });

  it('tells an old Node what is needed, without a stack trace', () => {
    const asOldNode = `Object.defineProperty(process.versions, 'node', { value: '12.22.0' });
      require(${JSON.stringify(ENTRY)});`;
    const { status, stderr } = spawnSync(process.execPath, ['-e', asOldNode], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Sluice needs Node 18 or newer to start \(this is 12\.22\.0\); .*\n$/);
  });
});
