import { describe, expect, it } from 'vitest';
import type { FileRow } from '#core/file/file-format.ts';
import { createFileRowMapper, type FileMapping } from '#core/file/map-file-row.ts';
import type { Field, FieldType } from '#core/schema/field.ts';
import { CSV } from './scanned.ts';

const field = (name: string, type: FieldType, optional = false): Field => {
  return { name, type, optional, aliases: [], examples: [], allowNan: false };
};
const STREAM = {
  name: 'trade',
  identity: ['id'],
  fields: [
    field('id', { kind: 'string' }),
    field('at', { kind: 'timestamp_micros' }),
    field('price', { kind: 'double' }, true),
    field('fee', { kind: 'money', currency: 'USD' }, true),
    field('origin', { kind: 'string' }, true),
  ],
};
const MAPPING: FileMapping = {
  format: CSV,
  times: { timeZone: 'Europe/Berlin', timestampFormat: null, dateFormat: null },
  nullText: 'NA',
  select: [{ field: 'origin', expression: "concat(_file, ':', cast(_row as string))" }],
};
const row = (...cells: readonly string[]): FileRow => {
  return { rowNumber: 7, startByte: 0, endByte: 1, raw: new Uint8Array(), cells, problem: null };
};

describe('a row of a file', () => {
  const columns = ['id', 'at', 'price', 'fee'];
  const map = (mapping = MAPPING) =>
    createFileRowMapper(STREAM, mapping, { columns, name: 'a.csv' });

  it('becomes one of the stream, times by zone and format, and null by its text', () => {
    expect(map()(row('x', '2026-07-01T12:00:00', 'NA', '0.05'))).toEqual({
      ok: true,
      row: { id: 'x', at: 1_782_900_000_000_000n, price: null, fee_cents: 5n, origin: 'a.csv:7' },
    });
  });

  it('names the field that is wrong, and no value', () => {
    expect(map()(row('x', '2026-03-29T02:30:00', '1', '1'))).toMatchObject({
      ok: false,
      field: 'at',
    });
    expect(map()(row('x', '2026-07-01', 'secret', '1'))).toEqual({
      ok: false,
      field: 'price',
      reason: 'the text is no double, or loses digits as one',
    });
    expect(map()(row('NA', '2026-07-01', '1', '1'))).toMatchObject({ ok: false, field: 'id' });
  });

  it('needs a column or a select for every required field', () => {
    expect(() =>
      createFileRowMapper(STREAM, MAPPING, { columns: ['ids', 'at'], name: 'a' }),
    ).toThrow(/no column: id.*did you mean "ids"/);
  });
});

describe('a line of JSON', () => {
  const format = { kind: 'jsonl', encoding: 'utf-8', maxLineBytes: 1_000 } as const;
  const map = (select: FileMapping['select']) =>
    createFileRowMapper(STREAM, { ...MAPPING, format, select }, { columns: [], name: 'a' });

  it('is read like an event of the API without select', () => {
    const read = map([]);
    expect(read(row('{"id":"x","at":"2026-07-01T12:00:00Z","price":1.5}'))).toMatchObject({
      ok: true,
    });
    expect(read(row('{"id":"x"}'))).toMatchObject({ ok: false, field: 'at' });
    expect(read(row('[1]'))).toEqual({ ok: false, field: null, reason: 'expected a JSON object' });
    expect(read(row('{'))).toMatchObject({ ok: false, field: null });
  });

  it('gives its members as texts to select', () => {
    const read = map([
      { field: 'price', expression: 'cast(last as double) * 2' },
      { field: 'origin', expression: 'src' },
    ]);
    expect(read(row('{"id":1,"at":"2026-07-01T12:00:00","last":1.25,"src":null}'))).toEqual({
      ok: true,
      row: { id: '1', at: 1_782_900_000_000_000n, price: 2.5, fee_cents: null, origin: null },
    });
  });
});
