import { describe, expect, it } from 'vitest';
import { CSV, scanFile, summary } from './scanned.ts';

const rowsOf = async (content: string | Uint8Array, format: Partial<typeof CSV> = {}) =>
  summary((await scanFile(content, { ...CSV, ...format })).rows);

const TOO_LONG = 'longer than 20 bytes (max_line); the first 20 are kept';
const OPEN = 'a quote is opened and never closed';

describe('rows of a CSV file', () => {
  it.each(['\n', '\r\n', '\r'])('end with %j', async (end) => {
    expect(await rowsOf(['a,b', '1,2', '3,4'].join(end))).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(await rowsOf(['a,b', '1,2', ''].join(end))).toEqual([['1', '2']]);
  });

  it('may hold line breaks, delimiters and quotes in quotes', async () => {
    expect(await rowsOf('a,b\r\n"1\r\n,""x""",2\r\n"",""\r\n')).toEqual([
      ['1\r\n,"x"', '2'],
      ['', ''],
    ]);
  });

  it('are numbered without the empty lines between them', async () => {
    const { rows } = await scanFile('a,b\n\n1,2\n\n\n3,4\n\n');
    expect(rows.map(({ rowNumber }) => rowNumber)).toEqual([1, 2]);
  });

  it('have as many cells as the header', async () => {
    expect(await rowsOf('a,b\n1\n1,2,3\n1,2\n')).toEqual([
      'expected 2 columns, got 1',
      'expected 2 columns, got 3',
      ['1', '2'],
    ]);
  });

  it('end with their line when a quote is misplaced', async () => {
    expect(await rowsOf('a,b\nx"y,1\n"x"y,1\n1,2\n')).toEqual([
      'a quote inside a value that does not begin with one',
      'text after the closing quote of a value',
      ['1', '2'],
    ]);
  });

  it('are read again behind the line whose quote is open at the end of the file', async () => {
    expect(await rowsOf('a,b\n1,"2\n3,4\r\n5,6')).toEqual([OPEN, ['3', '4'], ['5', '6']]);
    expect(await rowsOf('a,b\n1,"2')).toEqual([OPEN]);
  });

  it('are read again behind the line whose open quote makes the row too long', async () => {
    expect(await rowsOf('a,b\n1,"2\n3,4\n5,6\n7,8\n9,10\n11,12\n', { maxLineBytes: 20 })).toEqual([
      OPEN,
      ['3', '4'],
      ['5', '6'],
      ['7', '8'],
      ['9', '10'],
      ['11', '12'],
    ]);
  });

  it('may not be longer than the limit, and the next line is read', async () => {
    const long = 'x'.repeat(50);
    for (const line of [`${long},1`, `"${long}",1`, `1,"${long}`, `"x" ${long}`]) {
      expect(await rowsOf(`a,b\n${line}\n1,2\n`, { maxLineBytes: 20 })).toEqual([
        TOO_LONG,
        ['1', '2'],
      ]);
    }
  });

  it('hold no NUL and no bytes that are no text', async () => {
    const bytes = Buffer.from('a,b\n1,\0\n"\0",1\n\xff,1\n1,2\n', 'latin1');
    expect(await rowsOf(bytes)).toEqual([
      'a NUL byte',
      'a NUL byte',
      'bytes that are no text in the encoding',
      ['1', '2'],
    ]);
  });

  it('keep the bytes of an invalid row', async () => {
    const { rows } = await scanFile('a,b\n1;2\n');
    expect(Buffer.from(rows[0]!.raw).toString()).toBe('1;2');
  });

  it('may be cut by another delimiter and another quote, or none', async () => {
    expect(await rowsOf("a;b\n'1;2';3\n", { delimiter: ';', quote: "'" })).toEqual([['1;2', '3']]);
    expect(await rowsOf('a\tb\n"1\t2"\n', { delimiter: '\t', quote: null })).toEqual([
      ['"1', '2"'],
    ]);
  });

  it('begin behind the lines to skip, with or without a header', async () => {
    expect(await rowsOf('junk\r\n\njunk "\na,b\n1,2\n', { skipLines: 3 })).toEqual([['1', '2']]);
    const bare = { header: false, columns: ['a', 'b'], skipLines: 1 };
    expect(await rowsOf('junk\n1,2\n3,4', bare)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });
});

describe('encodings', () => {
  const text = 'name,city\nJosé,Łódź\n😀,"x\ny"\n';

  it('may be UTF-8 with a byte order mark', async () => {
    const { header, rows } = await scanFile(`\uFEFF${text}`);
    expect(header).toMatchObject({ columns: ['name', 'city'], bodyOffset: 13 });
    expect(summary(rows)[0]).toEqual(['José', 'Łódź']);
  });

  it.each(['utf-16le', 'utf-16be'] as const)(
    'may be %s, with places in bytes of the file',
    async (encoding) => {
      const little = Buffer.from(`\uFEFF${text}`, 'utf16le');
      const bytes = encoding === 'utf-16le' ? little : Buffer.from(little).swap16();
      for (const sizes of [[1 << 20], [1], [3, 5]]) {
        const { header, rows } = await scanFile(bytes, { ...CSV, encoding }, sizes);
        expect(header).toMatchObject({ columns: ['name', 'city'], bodyOffset: 22 });
        expect(summary(rows)).toEqual([
          ['José', 'Łódź'],
          ['😀', 'x\ny'],
        ]);
        expect(rows.at(-1)!.endByte).toBe(bytes.length);
      }
    },
  );

  it('may be of one byte per character', async () => {
    const bytes = Buffer.from('a,b\n\xa4,\x80\n', 'latin1');
    expect(await rowsOf(bytes, { encoding: 'iso-8859-1' })).toEqual([['¤', '\x80']]);
    expect(await rowsOf(bytes, { encoding: 'iso-8859-15' })).toEqual([['€', '\x80']]);
    expect(await rowsOf(bytes, { encoding: 'windows-1252' })).toEqual([['¤', '€']]);
    expect(await rowsOf(bytes, { encoding: 'windows-1251' })).toEqual([['¤', 'Ђ']]);
  });

  it('refuse a lone surrogate in UTF-16', async () => {
    const bytes = Buffer.from('a\n\ud800\nx\n', 'utf16le');
    expect(await rowsOf(bytes, { encoding: 'utf-16le' })).toEqual([
      'bytes that are no text in the encoding',
      ['x'],
    ]);
  });
});

describe('headers', () => {
  const problemOf = async (content: string, format: Partial<typeof CSV> = {}) => {
    const { header } = await scanFile(content, { ...CSV, ...format });
    return header.ok ? null : header.problem;
  };

  it('refuse the file when they are wrong', async () => {
    expect(await problemOf('')).toMatch(/^the file has no header/);
    expect(await problemOf('\n\n')).toMatch(/^the file has no header/);
    expect(await problemOf('a,,c\n')).toMatch(/^column 2 of the header has no name/);
    expect(await problemOf('a,b,a\n')).toMatch(/^column "a" stands twice/);
    expect(await problemOf('a,"b\n')).toMatch(/^the header is no row: a quote is opened/);
    expect(await problemOf(`${'x'.repeat(2_000)}\n1\n`)).toMatch(
      /^the header is no row: longer than/,
    );
    expect(await problemOf('prise,size\n', { columns: ['price', 'size'] })).toMatch(
      /lacks "price".*did you mean "prise"/,
    );
    expect(await problemOf(Buffer.from('a,b\n', 'utf16le').toString('latin1'))).toMatch(
      /a NUL byte/,
    );
  });
});
