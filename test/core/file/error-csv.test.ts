import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERROR_CSV_HEADER, errorCsvLine, rowReason, splitReason } from '#core/file/error-csv.ts';
import { goOnMessage, readFileMessage } from '#core/file/file-notice.ts';
import { fileIdentity, runName } from '#core/file/file-run.ts';

describe('an error file', () => {
  it('is CSV whatever stands in the rows, and runs no formula', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 });
    fc.assert(
      fc.property(
        text,
        text,
        fc.constantFrom('', '=', '+1', '-', '@', '\t=', ' ='),
        (reason, rest, start) => {
          const line = { rowNumber: 3, column: 'price', reason, raw: start + rest };
          const [row] = parse(ERROR_CSV_HEADER + errorCsvLine(line), {
            columns: true,
            bom: false,
          }) as Record<string, string>[];
          expect(row?.['row']).toBe('3');
          for (const value of [row?.['reason'] ?? '', row?.['raw'] ?? ''])
            expect(value).not.toMatch(/^\s*[=+\-@]/);
          expect(
            (row?.['raw'] ?? '').endsWith(rest.toWellFormed().replaceAll('\0', '\uFFFD')),
          ).toBe(true);
        },
      ),
    );
  });

  it('tells the column from a reason', () => {
    expect(splitReason(rowReason('price', 'is wrong: x'))).toEqual({
      column: 'price',
      reason: 'is wrong: x',
    });
    expect(splitReason('price: expected a finite number')).toMatchObject({ column: 'price' });
    expect(splitReason(rowReason(null, 'expected 2 columns'))).toEqual({
      column: null,
      reason: 'expected 2 columns',
    });
  });
});

describe('names of a file', () => {
  it('fit the keys of services, however long the file is named', () => {
    const identity = fileIdentity('ä'.repeat(500), 'a'.repeat(64));
    expect(Buffer.byteLength(identity)).toBeLessThan(400);
    expect(identity).not.toBe(fileIdentity('ä'.repeat(499), 'a'.repeat(64)));
    expect(fileIdentity('a.csv', 'f'.repeat(64))).toBe(`a.csv@${'f'.repeat(32)}`);
    expect(runName('x', 0)).toMatch(/^19700101T000000Z-[0-9a-f]{12}$/);
  });
});

describe('messages about files', () => {
  it('are those of EventBridge, with keys as they are, and our own', () => {
    const body = {
      source: 'aws.s3',
      'detail-type': 'Object Created',
      detail: {
        bucket: { name: 'b' },
        object: { key: 'a%20b c', 'version-id': 'v', etag: 'e', size: 1 },
      },
    };
    const message = { bucket: 'b', key: 'a%20b c', versionId: 'v', checksum: null };
    expect(readFileMessage(JSON.stringify(body))).toEqual(message);
    expect(readFileMessage(goOnMessage({ ...message, checksum: 'c' }))).toEqual({
      ...message,
      checksum: 'c',
    });
    expect([readFileMessage('x'), readFileMessage('{}'), readFileMessage('null')]).toEqual([
      null,
      null,
      null,
    ]);
  });
});
