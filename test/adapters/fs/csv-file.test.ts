import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCsv, readCsvHeader } from '#adapters/fs/csv-file.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-csv-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(text: string): string {
  const file = path.join(folder, 'data.csv');
  writeFileSync(file, text);
  return file;
}

/** What was read, and how reading ended. */
async function readAll(file: string, columns: readonly string[]) {
  const lines: unknown[] = [];
  try {
    for await (const line of readCsv(file, columns)) lines.push(line);
    return { lines, failure: null };
  } catch (failure) {
    return { lines, failure };
  }
}

describe('readCsvHeader', () => {
  it('reads past a byte order mark and carriage returns', async () => {
    expect(await readCsvHeader(fileOf('\ufeffa,"b c"\r\n1,2\r\n'))).toEqual(['a', 'b c']);
  });

  it.each([
    ['', 'is empty'],
    ['a,b,a\n', 'column "a" stands twice'],
  ])('refuses %j', async (text, words) => {
    await expect(readCsvHeader(fileOf(text))).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(words),
    });
  });

  it.each([
    ['.', 'it is a folder'],
    ['missing.csv', 'there is no such file'],
  ])('refuses %s with its name and the reason', async (name, reason) => {
    const file = path.join(folder, name);
    await expect(readCsvHeader(file)).rejects.toMatchObject({
      code: 'USAGE',
      message: `cannot read ${file}: ${reason}, expected a CSV file`,
    });
  });

  it('shows nothing of the data when quotes are wrong', async () => {
    const failure: unknown = await readCsvHeader(fileOf('secret"x,b\n')).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'FORMAT_CORRUPT' });
    expect(String(failure)).not.toContain('secret');
  });
});

describe('readCsv', () => {
  it('numbers the rows and reports those with other columns', async () => {
    expect(await readAll(fileOf('a,b\n1,"x, ""y"""\n2\n\n3,z\n'), ['a', 'b'])).toEqual({
      lines: [
        { rowNumber: 1, values: { a: '1', b: 'x, "y"' } },
        { rowNumber: 2, problem: 'expected 2 columns, got 1' },
        { rowNumber: 3, values: { a: '3', b: 'z' } },
      ],
      failure: null,
    });
  });

  it('names file and line of a quote that is never closed, after the rows before it', async () => {
    const { lines, failure } = await readAll(fileOf('a,b\n1,2\n3,"4\n5,6\n'), ['a', 'b']);
    expect(lines).toHaveLength(1);
    expect(failure).toMatchObject({
      code: 'FORMAT_CORRUPT',
      message: expect.stringMatching(/data\.csv:\d+: a quoted value is still open/),
    });
  });

  it('ends with the reason when the file cannot be read any more', async () => {
    const { failure } = await readAll(path.join(folder, 'gone.csv'), ['a']);
    expect(failure).toMatchObject({ code: 'USAGE', message: expect.stringContaining('gone.csv') });
  });
});
