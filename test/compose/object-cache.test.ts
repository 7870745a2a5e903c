import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ObjectHead, openObjectCache } from '../../localstack/compose/object-cache.ts';

const HOUR_MS = 3_600_000;

function cacheFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-copies-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const head = (key: string, text: string): ObjectHead => ({
  bucket: 'lake',
  key,
  etag: `"${text}"`,
  sizeBytes: text.length,
  modifiedMs: 1,
});
const bytes = (text: string) => async () => Readable.from([Buffer.from(text)]);

describe('copies of objects', () => {
  it('start from nothing', () => {
    const folder = cacheFolder();
    writeFileSync(path.join(folder, 'left over'), 'half');
    openObjectCache(folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('are fetched once, also for those who ask at once', async () => {
    let fetched = 0;
    const cache = openObjectCache(cacheFolder());
    const ask = () =>
      cache.fileOf(head('a', 'text'), () => {
        fetched += 1;
        return bytes('text')();
      });
    const [first, second] = await Promise.all([ask(), ask()]);
    expect([fetched, second]).toEqual([1, first]);
    expect(readFileSync(first.path, 'utf8')).toBe('text');
  });

  it('are refused when they are not whole, and fetched again', async () => {
    const folder = cacheFolder();
    const cache = openObjectCache(folder);
    const asked = head('a', 'four');
    await expect(cache.fileOf(asked, bytes('fo'))).rejects.toThrow('2 of 4 bytes arrived');
    expect(readdirSync(folder)).toEqual([]);
    const { path: file } = await cache.fileOf(asked, bytes('four'));
    expect(readFileSync(file, 'utf8')).toBe('four');
  });

  it('go when they take too much room and no query can have them open', async () => {
    let nowMs = 0;
    const cache = openObjectCache(cacheFolder(), { nowMs: () => nowMs, limitBytes: 6 });
    const first = await cache.fileOf(head('a', '1111'), bytes('1111'));
    const second = await cache.fileOf(head('b', '2222'), bytes('2222'));
    expect(existsSync(first.path)).toBe(true);
    nowMs += HOUR_MS;
    const third = await cache.fileOf(head('c', '3333'), bytes('3333'));
    expect([first, second, third].map((file) => existsSync(file.path))).toEqual([
      false,
      false,
      true,
    ]);
  });
});
