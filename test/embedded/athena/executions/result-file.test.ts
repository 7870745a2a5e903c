import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readRows } from '#embedded/athena/executions/result-file.ts';
import { createResultWriter } from '#embedded/athena/executions/result-writer.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-results-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, 'result');

async function readAll(
  rows: readonly (readonly (string | null)[])[],
  options: { readonly format: 'csv' | 'txt'; readonly limit: number },
): Promise<readonly (readonly (string | null)[])[]> {
  const writer = createResultWriter(options.format, { header: false });
  for (const row of rows) writer.row(row);
  writeFileSync(file, writer.body());
  const read: (readonly (string | null)[])[] = [];
  for (let offset: number | null = 0; offset !== null; ) {
    const page = await readRows(file, offset, options);
    expect(page.rows.length).toBeLessThanOrEqual(options.limit);
    read.push(...page.rows);
    offset = page.nextOffset;
  }
  return read;
}

describe('result files', () => {
  it('tell null from the empty string', () => {
    const writer = createResultWriter('csv', { header: false });
    writer.row([null, '', 'a "b", c\n']);
    expect(writer.body().toString()).toBe(',"","a ""b"", c\n"\n');
  });

  it('give back every row, whatever it holds and however it is paged', async () => {
    const value = fc.option(
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('"', '""', ',', '\n', '"\n', '\r\n', '🦆'),
      ),
      { nil: null },
    );
    const rows = fc.integer({ min: 1, max: 4 }).chain((width) =>
      // A single null column is an empty line, which is a row all the same.
      fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 7 }), async (table, limit) => {
        expect(await readAll(table, { format: 'csv', limit })).toEqual(table);
      }),
      { numRuns: 100 },
    );
  });

  it('read rows longer than what is read at once', async () => {
    const rows = [
      ['x'.repeat(700_000), '1'],
      ['é'.repeat(300_000), '"'],
      ['end', null],
    ];
    expect(await readAll(rows, { format: 'csv', limit: 2 })).toEqual(rows);
  });

  it('hold one cell a line in text, with quotes and tabs as they are', async () => {
    const rows = [['a "b\tc'], ['"'], [''], ['']];
    expect(await readAll(rows, { format: 'txt', limit: 1 })).toEqual(rows);
    expect(await readAll([], { format: 'txt', limit: 1 })).toEqual([]);
  });

  it('part lines of text by line feeds and end none', () => {
    const writer = createResultWriter('txt', { header: true });
    writer.columns([{ name: 'Query Plan', type: { kind: 'varchar', length: null } }]);
    for (const line of ['a', '']) writer.row([line]);
    expect(writer.body().toString()).toBe('Query Plan\na\n');
    expect(writer.rowCount()).toBe(2);
  });
});
