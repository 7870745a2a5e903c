import type { CsvFormat, FileFormat } from '#core/file/file-format.ts';
import { scanFile } from '#test/core/file/scanned.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { mutateBytes, pick } from '../mutate.ts';

const CSV: CsvFormat = {
  kind: 'csv',
  encoding: 'utf-8',
  header: true,
  columns: [],
  delimiter: ',',
  quote: '"',
  skipLines: 0,
  maxLineBytes: 200,
};
const FORMATS: readonly FileFormat[] = [
  CSV,
  { ...CSV, encoding: 'utf-16le' },
  { ...CSV, encoding: 'windows-1252', skipLines: 1 },
  { kind: 'jsonl', encoding: 'utf-8', maxLineBytes: 200 },
];
const GENUINE = [
  'id,name,price\r\n1,"a, ""b""",1.5\r\n2,"two\nlines",\r\n\r\n3,é😀,-0\r\n',
  '{"id":1,"name":"a"}\n{"id":2}\n',
].flatMap((text) => [Buffer.from(text), Buffer.from(`\uFEFF${text}`, 'utf16le')]);

/** Whole file: every byte is in one row, and the chunks do not matter. */
export const fileRows: FuzzTarget = {
  name: 'rows of a file',
  prepare: async () => ({
    async run(draw) {
      const bytes = mutateBytes(draw, GENUINE);
      const format = pick(draw, FORMATS);
      const whole = await scanFile(bytes, format);
      const pieces = await scanFile(bytes, format, [1 + Math.floor(draw() * 20)]);
      if (JSON.stringify(whole) !== JSON.stringify(pieces))
        throw new Error('rows depend on chunks');
      if (!whole.header.ok) return 'refused';
      let end = whole.header.bodyOffset;
      for (const { startByte, endByte } of whole.rows) {
        if (startByte !== end || endByte <= startByte)
          throw new Error('bytes are in no row, or in two');
        end = endByte;
      }
      return whole.rows.every(({ problem }) => problem === null) ? 'accepted' : 'refused';
    },
  }),
};
