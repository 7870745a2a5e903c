import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FsObjectStore } from '#adapters/fs/fs-object-store.ts';
import { describeObjectStore } from '#test/contracts/object-store.contract.ts';

const newFolder = () => mkdtemp(path.join(os.tmpdir(), 'sluice-fs-store-'));

describeObjectStore('file system', async () => {
  const folder = await newFolder();
  return {
    store: new FsObjectStore(),
    uri: (key) => `file://${folder}/${key}`,
    keysArePaths: true,
    close: () => rm(folder, { recursive: true }),
  };
});

describe('FsObjectStore', () => {
  const store = new FsObjectStore();
  let folder: string;
  beforeEach(async () => {
    folder = await newFolder();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('leaves no temporary file behind, won or lost', async () => {
    const uri = `file://${folder}/k`;
    await store.put(uri, Uint8Array.of(1), { ifNoneMatch: '*' });
    await expect(store.put(uri, Uint8Array.of(2), { ifNoneMatch: '*' })).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['k']);
  });

  it('does not list what a crash left half written', async () => {
    await writeFile(path.join(folder, '.sluice-put-1234'), 'half');
    await store.put(`file://${folder}/k`, Uint8Array.of(1));
    const listed: string[] = [];
    for await (const object of store.list(`file://${folder}/`)) listed.push(object.uri);
    expect(listed).toEqual([`file://${folder}/k`]);
  });

  it.each(['s3://bucket/key', 'file://relative/key', '/no/scheme'])(
    'refuses the URI %s',
    async (uri) => {
      await expect(store.get(uri)).rejects.toMatchObject({ code: 'FEATURE_UNSUPPORTED' });
    },
  );

  it.each(['a/../b', 'a/./b', 'a//b', 'a/'])(
    'refuses the key %s, which could name another file',
    async (key) => {
      const uri = `file://${folder}/${key}`;
      await expect(store.put(uri, Uint8Array.of(1))).rejects.toMatchObject({
        code: 'FEATURE_UNSUPPORTED',
      });
    },
  );

  it('reports a key below another object as unavailable, not as taken', async () => {
    await store.put(`file://${folder}/a`, Uint8Array.of(1));
    const below = store.put(`file://${folder}/a/b`, Uint8Array.of(1), { ifNoneMatch: '*' });
    await expect(below).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  });
});
