import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { comparePositions } from '#embedded/kinesis/log/sequence-number.ts';
import { ShardLog } from '#embedded/kinesis/log/shard-log.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const start = { arrivalMs: 1000, ordinal: 0 };
const everything = { after: start, limit: 1e9, maxBytes: 1e9, oldestArrivalMs: 0 };

function record(text: string) {
  return { partitionKey: `key-${text}`, data: Buffer.from(text) };
}

async function texts(log: ShardLog, read: Partial<typeof everything> = {}): Promise<string[]> {
  const records = await log.read({ ...everything, ...read });
  return records.map((each) => each.data.toString());
}

function segmentFiles(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => path.join(folder, name));
}

function filledLog(folder: string, texts: readonly string[], segmentBytes = 1e9): ShardLog {
  const log = new ShardLog(folder, { start, segmentBytes });
  for (const [i, text] of texts.entries()) log.append([record(text)], 2000 + i);
  return log;
}

describe('ShardLog', () => {
  it('reads records back in order with key, data and arrival time', async () => {
    const log = filledLog(temporaryFolder(), ['a', 'b']);
    log.append([record('c'), record('d')], 5000);
    const records = await log.read(everything);
    expect(records.map((each) => each.partitionKey)).toEqual(['key-a', 'key-b', 'key-c', 'key-d']);
    expect(records.map((each) => each.arrivalMs)).toEqual([2000, 2001, 5000, 5000]);
    expect(records.map((each) => each.ordinal)).toEqual([1, 2, 3, 4]);
    expect(await texts(log)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps an empty record and a key of 4-byte characters', async () => {
    const log = new ShardLog(temporaryFolder(), { start });
    const partitionKey = '😀'.repeat(256);
    log.append([{ partitionKey, data: Buffer.alloc(0) }], 2000);
    const [only] = await log.read(everything);
    expect(only?.partitionKey).toBe(partitionKey);
    expect(only?.data.length).toBe(0);
  });

  it('goes on after the newest record when it is opened again and the clock went back', async () => {
    const folder = temporaryFolder();
    filledLog(folder, ['a', 'b']).close();
    const reopened = new ShardLog(folder, { start });
    const [position] = reopened.append([record('c')], 50);
    expect(position).toMatchObject({ arrivalMs: 2001, ordinal: 3 });
    expect(await texts(reopened)).toEqual(['a', 'b', 'c']);
  });

  it('spreads over segments and finds every position in all of them, before and after reopening', async () => {
    const folder = temporaryFolder();
    const names = Array.from({ length: 50 }, (_, i) => `record-${i}`);
    const log = filledLog(folder, names, 200);
    expect(segmentFiles(folder).length).toBeGreaterThan(5);
    for (const reader of [log, new ShardLog(folder, { start, segmentBytes: 200 })]) {
      const records = await reader.read(everything);
      expect(records.map((each) => each.data.toString())).toEqual(names);
      for (const [i, each] of records.entries()) {
        expect(await texts(reader, { after: each })).toEqual(names.slice(i + 1));
      }
    }
  });

  it('stops at the record limit and before the byte limit, but returns at least one record', async () => {
    const log = filledLog(temporaryFolder(), ['aaaa', 'bbbb', 'cccc']);
    expect(await texts(log, { limit: 2 })).toEqual(['aaaa', 'bbbb']);
    expect(await texts(log, { maxBytes: 11 })).toEqual(['aaaa', 'bbbb']);
    expect(await texts(log, { maxBytes: 1 })).toEqual(['aaaa']);
  });

  it('reads a record that is larger than a read block among small ones', async () => {
    const log = new ShardLog(temporaryFolder(), { start });
    const large = Buffer.alloc(1024 * 1024 - 300, 7);
    for (const data of [Buffer.from('small'), large, Buffer.from('last'), large]) {
      log.append([{ partitionKey: 'k', data }], 2000);
    }
    const records = await log.read(everything);
    expect(records.map((each) => each.data.length)).toEqual([5, large.length, 4, large.length]);
    expect(records[3]?.data.equals(large)).toBe(true);
  });

  it('finds a place far inside a long segment', async () => {
    const folder = temporaryFolder();
    const log = new ShardLog(folder, { start });
    const batch = Array.from({ length: 500 }, (_, i) => record(`${i}`.padStart(1000, '.')));
    for (let i = 0; i < 6; i++) log.append(batch, 2000 + i);
    const [next] = await log.read({ ...everything, after: { arrivalMs: 2004, ordinal: 2417 } });
    expect(next?.ordinal).toBe(2418);
    const reopened = new ShardLog(folder, { start });
    const after = { arrivalMs: 2005, ordinal: 2999 };
    expect((await reopened.read({ ...everything, after })).map((each) => each.ordinal)).toEqual([
      3000,
    ]);
  });

  it('treats a position of an earlier stream of the same name as one before all records', async () => {
    const log = filledLog(temporaryFolder(), ['a', 'b']);
    expect(await texts(log, { after: { arrivalMs: 999, ordinal: 70_000 } })).toEqual(['a', 'b']);
  });

  it('hides records past their time and deletes whole segments of them, but keeps the newest', async () => {
    const folder = temporaryFolder();
    const names = Array.from({ length: 20 }, (_, i) => `record-${i}`);
    const log = filledLog(folder, names, 100);
    expect(await texts(log, { oldestArrivalMs: 2015 })).toEqual(names.slice(15));
    const before = segmentFiles(folder).length;
    log.deleteBefore(2015);
    expect(segmentFiles(folder).length).toBeLessThan(before);
    expect(await texts(log, { oldestArrivalMs: 2015 })).toEqual(names.slice(15));
    log.deleteBefore(1e12);
    expect(segmentFiles(folder)).toHaveLength(1);
    log.close();
    const reopened = new ShardLog(folder, { start });
    expect(reopened.append([record('next')], 3000)[0]?.ordinal).toBe(21);
  });

  it('serves reads while records are appended and segments deleted', async () => {
    const log = filledLog(temporaryFolder(), ['0'], 300);
    let after = start;
    const seen: number[] = [];
    for (let i = 1; i <= 200; i++) {
      log.append([record(`${i}`)], 2000 + i);
      const reading = log.read({ ...everything, after, limit: 7 });
      log.append([record('also')], 2000 + i);
      for (const each of await reading) {
        seen.push(each.ordinal);
        after = each;
      }
      log.deleteBefore(after.arrivalMs - 5);
    }
    for (const each of await log.read({ ...everything, after })) seen.push(each.ordinal);
    expect(seen).toEqual(Array.from({ length: 401 }, (_, i) => i + 1));
  });

  it('cuts off zeros that a power cut left behind the last record', async () => {
    const folder = temporaryFolder();
    filledLog(folder, ['a', 'b']).close();
    appendFileSync(segmentFiles(folder)[0] ?? '', Buffer.alloc(5000));
    expect(await texts(new ShardLog(folder, { start }))).toEqual(['a', 'b']);
  });

  it('refuses to open when a damaged frame has records behind it', () => {
    const folder = temporaryFolder();
    filledLog(folder, ['first', 'second', 'third']).close();
    const [file = ''] = segmentFiles(folder);
    const bytes = readFileSync(file);
    bytes[bytes.indexOf('second')] = 0x21;
    writeFileSync(file, bytes);
    expect(() => new ShardLog(folder, { start })).toThrow(/damaged frame at byte \d+/);
  });

  it('fails the read, instead of skipping, when an older segment is damaged', async () => {
    const folder = temporaryFolder();
    filledLog(folder, ['first', 'second', 'third', 'fourth'], 80).close();
    const [file = ''] = segmentFiles(folder);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const log = new ShardLog(folder, { start, segmentBytes: 80 });
    await expect(log.read(everything)).rejects.toThrow(/damaged frame/);
  });

  it('gives every read its share in order when positions come as the last record read', async () => {
    const log = filledLog(
      temporaryFolder(),
      Array.from({ length: 30 }, (_, i) => `${i}`),
      150,
    );
    let after = start;
    for (let i = 0; i < 30; i++) {
      const [next] = await log.read({ ...everything, after, limit: 1 });
      expect(next !== undefined && comparePositions(next, after) > 0).toBe(true);
      if (next !== undefined) after = next;
    }
    expect(await log.read({ ...everything, after })).toEqual([]);
  });
});
