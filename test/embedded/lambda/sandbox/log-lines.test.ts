import { describe, expect, it } from 'vitest';
import { createLineSplitter, MAX_LINE_CHARS } from '#embedded/lambda/sandbox/log-lines.ts';

function split(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((text) => lines.push(text));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

describe('createLineSplitter', () => {
  it('cuts at line ends wherever the chunks are cut, inside characters too', () => {
    const bytes = Buffer.from('ä\r\n\nsecond 😀 line\nlast');
    const expected = ['ä', '', 'second 😀 line', 'last'];
    expect(split([bytes])).toEqual(expected);
    expect(split([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('cuts a line without an end into pieces', () => {
    const bytes = Buffer.from('x'.repeat(2 * MAX_LINE_CHARS + 5));
    expect(split([bytes]).map((line) => line.length)).toEqual([MAX_LINE_CHARS, MAX_LINE_CHARS, 5]);
    const withEnd = Buffer.from(`${'x'.repeat(MAX_LINE_CHARS + 1)}\nnext\n`);
    expect(split([withEnd]).map((line) => line.length)).toEqual([MAX_LINE_CHARS, 1, 4]);
  });
});
