import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LogFile, logNames } from '#cli/logs/log-file.ts';
import { temporaryFolder } from '../../embedded/assembly/assembly-fixture.ts';

let folder: string;
let current: string;

beforeEach(() => {
  const temporary = temporaryFolder();
  onTestFinished(() => temporary.remove());
  folder = temporary.path;
  current = path.join(folder, 'writer.log');
});

function openLog(): { all(): readonly string[]; more(): readonly string[] } {
  const file = new LogFile(folder, 'writer');
  onTestFinished(() => file.close());
  return {
    all: () => file.readAll().map(({ text }) => text),
    more: () => file.readNew().map(({ text }) => text),
  };
}

describe('LogFile', () => {
  it('reads what was put aside before what is written', () => {
    writeFileSync(`${current}.1`, 'one\ntwo\n');
    writeFileSync(current, 'three\n');
    expect(openLog().all()).toEqual(['one', 'two', 'three']);
  });

  it('goes on behind what it has read, whole lines only', () => {
    writeFileSync(current, 'one\ntw');
    const log = openLog();
    expect(log.all()).toEqual(['one']);
    appendFileSync(current, 'o\nthr');
    expect(log.more()).toEqual(['two']);
    expect(log.more()).toEqual([]);
    appendFileSync(current, 'ee ü\n');
    expect(log.more()).toEqual(['three ü']);
  });

  it('keeps a character together that comes in two pieces', () => {
    writeFileSync(current, '');
    const log = openLog();
    log.all();
    const bytes = Buffer.from('ü\n');
    appendFileSync(current, bytes.subarray(0, 1));
    expect(log.more()).toEqual([]);
    appendFileSync(current, bytes.subarray(1));
    expect(log.more()).toEqual(['ü']);
  });

  it('misses no line when the file is put aside meanwhile', () => {
    writeFileSync(current, 'one\n');
    const log = openLog();
    log.all();
    appendFileSync(current, 'two\n');
    renameSync(current, `${current}.1`);
    writeFileSync(current, 'three\n');
    expect(log.more()).toEqual(['two', 'three']);
    appendFileSync(current, 'four\n');
    expect(log.more()).toEqual(['four']);
  });

  it('waits for a file that is not there yet', () => {
    const log = openLog();
    expect(log.all()).toEqual([]);
    writeFileSync(current, 'one\n');
    expect(log.more()).toEqual(['one']);
  });

  it('reads a large file', () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${'x'.repeat(20)}`);
    writeFileSync(current, `${lines.join('\n')}\n`);
    expect(openLog().all()).toEqual(lines);
  });
});

describe('logNames', () => {
  it('lists logs without those that were put aside', () => {
    for (const name of ['b.log', 'a.log', 'a.log.1', 'notes.txt']) {
      writeFileSync(path.join(folder, name), '');
    }
    expect(logNames(folder)).toEqual(['a', 'b']);
  });

  it('is empty without a folder', () => {
    expect(logNames(path.join(folder, 'gone'))).toEqual([]);
  });
});
