import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDate, formatTimestamp } from '#core/expression/values/calendar.ts';
import { formatDecimal } from '#core/expression/values/decimal-arithmetic.ts';
import { compileJsonReader } from '#core/ingest/json-row.ts';
import { parseJson } from '#core/ingest/json-text.ts';
import {
  type Field,
  type FieldType,
  type Row,
  storedName,
  type Value,
} from '#core/schema/field.ts';

/** A type with its values, and how a value is written as JSON text; the flag picks one of two forms. */
interface TypeCase {
  readonly type: FieldType;
  readonly values: fc.Arbitrary<Value>;
  readonly write: (value: Value, other: boolean) => string;
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.string({ unit: 'binary', maxLength: 12 });
const DAYS = { min: -719_162, max: 2_932_896 };
const MICROS = { min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n };

/** A number, or the same as string. */
const numberText = (digits: string, other: boolean) => (other ? JSON.stringify(digits) : digits);
const doubleText = (value: Value) => (Object.is(value, -0) ? '-0' : String(value));
const isoText = (micros: Value) =>
  JSON.stringify(`${formatTimestamp(micros as bigint).replace(' ', 'T')}Z`);

const SCALARS: readonly TypeCase[] = [
  { type: { kind: 'string' }, values: text, write: (value) => JSON.stringify(value) },
  { type: { kind: 'boolean' }, values: fc.boolean(), write: String },
  { type: { kind: 'int' }, values: fc.integer(), write: (value) => String(value) },
  {
    type: { kind: 'long' },
    values: int64,
    write: (value, other) => numberText(String(value), other),
  },
  {
    type: { kind: 'double' },
    values: fc.double({ noNaN: true, noDefaultInfinity: true }),
    write: doubleText,
  },
  {
    type: { kind: 'float' },
    values: fc.float({ noNaN: true, noDefaultInfinity: true }),
    write: doubleText,
  },
  {
    type: { kind: 'decimal', precision: 38, scale: 10 },
    values: fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
    write: (value, other) => numberText(formatDecimal(value as bigint, 10), other),
  },
  {
    type: { kind: 'money', currency: 'EUR' },
    values: int64,
    write: (value, other) => numberText(formatDecimal(value as bigint, 2), other),
  },
  {
    type: { kind: 'date' },
    values: fc.integer(DAYS),
    write: (value) => JSON.stringify(formatDate(value as number)),
  },
  {
    type: { kind: 'timestamp_micros' },
    values: fc.bigInt(MICROS),
    write: (value, other) => (other ? String(value) : isoText(value)),
  },
  {
    type: { kind: 'timestamp_millis' },
    values: fc.bigInt(MICROS).map((micros) => micros - (((micros % 1_000n) + 1_000n) % 1_000n)),
    write: (value, other) => (other ? String((value as bigint) / 1_000n) : isoText(value)),
  },
  {
    type: { kind: 'bytes' },
    values: fc.uint8Array({ maxLength: 20 }),
    write: (value) => JSON.stringify(Buffer.from(value as Uint8Array).toString('base64')),
  },
  {
    type: { kind: 'enum', symbols: ['bid', 'ask'] },
    values: fc.constantFrom('bid', 'ask'),
    write: (value) => JSON.stringify(value),
  },
];

function field(name: string, type: FieldType, optional = false): Field {
  return { name, type, optional, aliases: [], examples: [], allowNan: false };
}

function nested(inner: TypeCase): readonly TypeCase[] {
  const element = field('inner', inner.type);
  const entries = fc.uniqueArray(fc.tuple(text, inner.values), {
    selector: ([key]) => key,
    maxLength: 4,
  });
  return [
    {
      type: { kind: 'list', element: inner.type },
      values: fc.array(inner.values, { maxLength: 4 }),
      write: (value, other) =>
        `[${(value as readonly Value[]).map((item) => inner.write(item, other)).join(' , ')}]`,
    },
    {
      type: { kind: 'map', value: inner.type },
      values: entries.map((pairs) => new Map(pairs)),
      write: (value, other) => {
        const pairs = [...(value as ReadonlyMap<string, Value>)];
        const members = pairs.map(
          ([key, entry]) => `${JSON.stringify(key)}:${inner.write(entry, other)}`,
        );
        return `{${members.join()}}`;
      },
    },
    {
      type: { kind: 'record', fields: [element] },
      values: inner.values.map((value) => ({ [storedName(element)]: value })),
      write: (value, other) =>
        `{\n"inner": ${inner.write((value as Row)[storedName(element)] ?? null, other)}}`,
    },
  ];
}

const CASES = [...SCALARS, ...SCALARS.flatMap(nested), ...nested(SCALARS[7]!).flatMap(nested)];

interface Event {
  readonly fields: readonly Field[];
  readonly row: Row;
  readonly json: string;
}

/** A schema of up to eight fields, a row of it, and the row as JSON; null is written or left out. */
const event: fc.Arbitrary<Event> = fc
  .array(fc.record({ index: fc.nat({ max: CASES.length - 1 }), optional: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  })
  .chain((columns) => {
    const cases = columns.map(({ index }) => CASES[index] as TypeCase);
    const fields = columns.map(({ optional }, position) =>
      field(`f${position}`, cases[position]!.type, optional),
    );
    const values = columns.map(({ optional }, position) =>
      optional ? fc.option(cases[position]!.values) : cases[position]!.values,
    );
    return fc.record({ values: fc.tuple(...values), other: fc.boolean() }).map((drawn) => {
      const members = drawn.values.flatMap((value, position) => {
        if (value === null && drawn.other) return [];
        const written = value === null ? 'null' : cases[position]!.write(value, drawn.other);
        return [`"f${position}":${written}`];
      });
      const row = Object.fromEntries(
        drawn.values.map((value, position) => [storedName(fields[position]!), value]),
      );
      return { fields, row, json: `{${members.join()}}` };
    });
  });

describe('rows as JSON', () => {
  it('come back as they were, for every type, nested and optional, in either form', () => {
    fc.assert(
      fc.property(event, ({ fields, row, json }) => {
        const read = compileJsonReader(fields, { identity: [] });
        expect(read(parseJson(json))).toEqual({ ok: true, row });
      }),
      { numRuns: 500 },
    );
  });

  it('become a row or errors, whatever stands in the JSON', () => {
    const anyField = fc.record({
      index: fc.nat({ max: CASES.length - 1 }),
      json: fc.json({ maxDepth: 3 }),
    });
    fc.assert(
      fc.property(fc.array(anyField, { maxLength: 5 }), (columns) => {
        const fields = columns.map(({ index }, position) =>
          field(`f${position}`, CASES[index]!.type),
        );
        const members = columns.map(({ json }, position) => `"f${position}":${json}`);
        const result = compileJsonReader(fields, { identity: [] })(
          parseJson(`{${members.join()}}`),
        );
        if (!result.ok) expect(result.problems).toBeGreaterThanOrEqual(result.errors.length);
        else expect(Object.values(result.row)).not.toContain(undefined);
      }),
    );
  });
});
