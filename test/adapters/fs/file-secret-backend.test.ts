import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFileSecretBackend } from '#adapters/fs/file-secret-backend.ts';
import { describeSecretBackend } from '#test/contracts/secret-backend.contract.ts';

const PLACE = { backend: 'file', key: null, version: null } as const;

function temporaryFolder(): string {
  return mkdtempSync(path.join(os.tmpdir(), 'sluice-secrets-'));
}

describeSecretBackend(
  'files',
  async () => {
    const folder = temporaryFolder();
    return {
      backend: createFileSecretBackend({ folder, platform: 'linux' }),
      async store(name, value) {
        writeFileSync(path.join(folder, name), `${value}\n`, { mode: 0o600 });
        return { ...PLACE, path: name };
      },
      async remove(name) {
        rmSync(path.join(folder, name));
      },
      async refuse() {
        chmodSync(path.join(folder, 'api_key'), 0o640);
      },
      async close() {
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
  { members: false, refuses: true },
);

describe('secrets in files', () => {
  function setUp(platform: NodeJS.Platform = 'linux') {
    const folder = temporaryFolder();
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const backend = createFileSecretBackend({ folder, platform });
    const write = (name: string, content: string, mode = 0o600): void => {
      const file = path.join(folder, name);
      writeFileSync(file, content, { mode });
      chmodSync(file, mode);
    };
    const read = (name: string): Promise<string> =>
      backend.read({ ...PLACE, name: 'key', path: name });
    return { folder, write, read };
  }

  it('leaves out one line end, of either kind, and keeps all other space', async () => {
    const { write, read } = setUp();
    write('unix', ' value \n');
    write('windows', 'value\r\n');
    write('lines', 'one\ntwo\n\n');
    expect(await Promise.all(['unix', 'windows', 'lines'].map(read))).toEqual([
      ' value ',
      'value',
      'one\ntwo\n',
    ]);
  });

  it.each([0o644, 0o604, 0o620, 0o602])('refuses a file of mode %o', async (mode) => {
    const { write, read } = setUp();
    write('key', 'value', mode);
    await expect(read('key')).rejects.toThrow('other users of this machine');
  });

  it.each([0o600, 0o400, 0o700])('takes a file of mode %o', async (mode) => {
    const { write, read } = setUp();
    write('key', 'value', mode);
    expect(await read('key')).toBe('value');
  });

  it('judges no modes on Windows, where they say nothing', async () => {
    const { write, read } = setUp('win32');
    write('key', 'value', 0o644);
    expect(await read('key')).toBe('value');
  });

  it('refuses the target of a link by its own mode', async () => {
    const { folder, write, read } = setUp();
    write('target', 'value', 0o644);
    symlinkSync(path.join(folder, 'target'), path.join(folder, 'link'));
    await expect(read('link')).rejects.toThrow('other users');
  });

  it('does not leave the folder', async () => {
    const { read } = setUp();
    await expect(read('../outside')).rejects.toThrow('leads out of the folder');
  });

  it('refuses a folder, and a file that is too large for a secret', async () => {
    const { folder, write, read } = setUp();
    mkdirSync(path.join(folder, 'folder'), { mode: 0o700 });
    write('large', 'x'.repeat(65_537));
    await expect(read('folder')).rejects.toThrow('is no file');
    await expect(read('large')).rejects.toThrow('expected at most 65536 bytes, got 65537');
  });

  it('takes an empty file for no value', async () => {
    const { write, read } = setUp();
    write('empty', '\n');
    await expect(read('empty')).rejects.toThrow('it is empty');
  });
});
