import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CSV, scanFile, summary } from './scanned.ts';

const FORMAT = { ...CSV, header: false, columns: ['a', 'b'], maxLineBytes: 24 };
const LONG = { ...FORMAT, maxLineBytes: 1_000 };
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
/** Mostly the characters that matter. */
const text = fc
  .array(
    fc.constantFrom('a', 'é', '😀', ',', '"', '""', '\n', '\r', '\r\n', '\0', 'xyz', '12345678'),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('the row scanner', () => {
  it('gives the same rows whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(text, sizes, async (content, chunks) => {
        const whole = await scanFile(content, FORMAT);
        expect(await scanFile(content, FORMAT, chunks)).toEqual(whole);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives every byte to one row, in order, but for empty lines at the end', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        const { rows } = await scanFile(content, FORMAT);
        let end = 0;
        for (const [index, row] of rows.entries()) {
          expect([row.rowNumber, row.startByte]).toEqual([index + 1, end]);
          expect(row.endByte).toBeGreaterThan(row.startByte);
          end = row.endByte;
        }
        expect(Buffer.from(content).subarray(end).toString()).toMatch(/^[\r\n]*$/);
      }),
      { numRuns: 500 },
    );
  });

  it('reads on from the end of any row as if it had never stopped', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.nat(), async (content, at) => {
        const { rows } = await scanFile(content, FORMAT);
        const cut = rows[at % Math.max(1, rows.length)];
        if (cut === undefined) return;
        const rest = await scanFile(Buffer.from(content).subarray(cut.endByte), FORMAT);
        expect(summary(rest.rows)).toEqual(summary(rows.slice(cut.rowNumber)));
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with another parser on valid files', async () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'é', ',', '"', '\n', '\r', ' '),
      maxLength: 6,
    });
    const table = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom('\n', '\r\n', '\r'),
        sizes,
        async (cells, end, chunks) => {
          const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
          const content = cells.map((row) => `${row.map(quoted).join(',')}${end}`).join('');
          const { rows } = await scanFile(content, LONG, chunks);
          expect(summary(rows)).toEqual(parse(content, { record_delimiter: end }));
        },
      ),
      { numRuns: 500 },
    );
  });
});
