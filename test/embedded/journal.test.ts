import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJournal } from '#embedded/journal.ts';
import { temporaryFolder } from './s3/local-s3.ts';

const FORMAT = { name: 'letters', version: 1, title: 'letters' };
const RECORDS = [
  { name: 'plain' },
  { name: 'zwei\nZeilen' },
  { name: '😀 "quoted"' },
  { name: '' },
];

function readAll(file: string): unknown[] {
  const records: unknown[] = [];
  openJournal(file, FORMAT, (record) => records.push(record)).close();
  return records;
}

function writtenJournal(): string {
  const file = join(temporaryFolder(), 'journal');
  const journal = openJournal(file, FORMAT, () => undefined);
  journal.append(RECORDS.slice(0, 1));
  journal.append(RECORDS.slice(1));
  journal.close();
  return file;
}

describe('openJournal', () => {
  it('replays what was appended, in order', () => {
    expect(readAll(writtenJournal())).toEqual(RECORDS);
  });

  it('keeps every whole record when the file ends at any byte, and goes on from there', () => {
    const whole = readFileSync(writtenJournal());
    const lineEnds = [...whole.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1);
    const file = join(temporaryFolder(), 'torn');
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(file, whole.subarray(0, length));
      // The first line is the format, not a record.
      const intact = Math.max(0, lineEnds.filter((end) => end <= length).length - 1);
      const seen: unknown[] = [];
      const journal = openJournal(file, FORMAT, (record) => seen.push(record));
      expect(seen, `length ${length}`).toEqual(RECORDS.slice(0, intact));
      journal.append([{ name: 'after' }]);
      journal.close();
      expect(readAll(file)).toEqual([...RECORDS.slice(0, intact), { name: 'after' }]);
    }
  });

  it('refuses a file with one flipped bit anywhere', () => {
    const file = writtenJournal();
    const bytes = readFileSync(file);
    // Only the very last line break is left out: without it the line is an unfinished one.
    for (let at = 0; at < bytes.length - 1; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
      writeFileSync(file, damaged);
      expect(() => readAll(file), `byte ${at}`).toThrow(/is damaged at byte/);
    }
  });

  it('refuses a file of another format', () => {
    const file = writtenJournal();
    const bytes = readFileSync(file, 'utf8');
    writeFileSync(file, bytes.slice(bytes.indexOf('\n') + 1));
    expect(() => readAll(file)).toThrow(/was written by another version/);
  });

  it('replaces its contents in one step', () => {
    const file = writtenJournal();
    const journal = openJournal(file, FORMAT, () => undefined);
    journal.rewrite(RECORDS.slice(2));
    expect(journal.recordCount).toBe(2);
    journal.append([{ name: 'after' }]);
    journal.close();
    expect(readAll(file)).toEqual([...RECORDS.slice(2), { name: 'after' }]);
  });

  it('keeps the old contents when a rewrite fails half-way', () => {
    const file = writtenJournal();
    const journal = openJournal(file, FORMAT, () => undefined);
    function* failing(): Generator<unknown> {
      yield { name: 'never' };
      throw new Error('snapshot failed');
    }
    expect(() => journal.rewrite(failing())).toThrow('snapshot failed');
    journal.append([{ name: 'after' }]);
    journal.close();
    expect(readAll(file)).toEqual([...RECORDS, { name: 'after' }]);
  });

  it('forgets a rewrite that was cut off', () => {
    const file = writtenJournal();
    appendFileSync(`${file}.next`, 'half a new journ');
    expect(readAll(file)).toEqual(RECORDS);
  });

  it('starts over in an empty file', () => {
    const file = writtenJournal();
    truncateSync(file, 0);
    expect(readAll(file)).toEqual([]);
  });
});
