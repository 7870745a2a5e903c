import { describe, expect, it } from 'vitest';
import { evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import type { FieldType } from '#core/schema/field.ts';
import { replayMigrations } from '#core/schema/table-migration.ts';
import { field, historyOf, refusalsOf, streamWith } from './evolution-fixture.ts';

const INT: FieldType = { kind: 'int' };
const LONG: FieldType = { kind: 'long' };
const STRING: FieldType = { kind: 'string' };
const decimal = (precision: number, scale: number): FieldType => ({
  kind: 'decimal',
  precision,
  scale,
});
const money = (currency: string): FieldType => ({ kind: 'money', currency });
const symbols = (...names: readonly string[]): FieldType => ({ kind: 'enum', symbols: names });

describe('evolveStream', () => {
  it('writes version 1 of schema, mapping and table for a new stream', () => {
    const schemas = historyOf(streamWith([]));
    expect(schemas.schemaVersions.map(({ version }) => version)).toEqual([1]);
    expect(schemas.mappingVersions.map(({ version }) => version)).toEqual([1]);
    expect(schemas.table).toMatchObject({ schemaVersion: 1, mappingVersion: 1 });
    expect(schemas.migrations).toEqual([]);
  });

  it('changes nothing for the same stream', () => {
    const schemas = historyOf(streamWith([]));
    expect(evolveStream(streamWith([]), schemas)).toEqual({ schemas, refused: [] });
  });

  it('changes nothing for other words in doc and description', () => {
    const before = historyOf(streamWith([field('note', STRING)]));
    const described = streamWith([field('note', STRING, { doc: 'A note' })], {
      description: 'Other',
    });
    expect(evolveStream(described, before).schemas).toEqual(before);
  });

  it('puts nested columns into the first migration', () => {
    const address: FieldType = { kind: 'record', fields: [field('zip', STRING)] };
    const { table, migrations } = historyOf(streamWith([field('address', address)]));
    expect(table.schema.fields.map(({ name }) => name)).not.toContain('address');
    expect(migrations).toEqual([
      {
        schemaVersion: 1,
        mappingVersion: 1,
        changes: [
          {
            kind: 'add-column',
            path: ['address'],
            type: {
              type: 'struct',
              fields: [{ id: 1, name: 'zip', required: true, type: 'string' }],
            },
          },
        ],
      },
    ]);
  });

  it('adds a column for a new field and keeps the creation shape', () => {
    const first = historyOf(streamWith([]));
    const second = historyOf(
      streamWith([]),
      streamWith([field('note', STRING, { optional: true })]),
    );
    expect(second.table).toEqual(first.table);
    expect(second.migrations).toEqual([
      {
        schemaVersion: 2,
        mappingVersion: 1,
        changes: [{ kind: 'add-column', path: ['note'], type: 'string' }],
      },
    ]);
    expect(second.schemaVersions[0]).toEqual(first.schemaVersions[0]);
  });

  it('gives a changed mapping a version and a raw column, and makes the mapped one optional', () => {
    const mapping = [{ column: 'symbol', expression: 'upper(symbol)', type: STRING }];
    const schemas = historyOf(streamWith([]), streamWith([], { mapping }));
    expect(schemas.schemaVersions).toHaveLength(1);
    expect(schemas.mappingVersions).toHaveLength(2);
    expect(schemas.migrations).toEqual([
      {
        schemaVersion: 1,
        mappingVersion: 2,
        changes: [
          { kind: 'make-optional', path: ['symbol'] },
          { kind: 'add-column', path: ['_raw_symbol'], type: 'string', doc: 'symbol as it came' },
        ],
      },
    ]);
  });

  it('counts a changed quality rule as a mapping version', () => {
    const quality = [{ name: 'r', rule: 'price > 0', onFail: 'flag' as const }];
    const schemas = historyOf(streamWith([]), streamWith([], { quality }));
    expect(schemas.mappingVersions).toHaveLength(2);
    expect(schemas.migrations).toEqual([]);
  });

  it('gives a return to an earlier mapping a version of its own', () => {
    const mapping = [{ column: 'symbol', expression: 'upper(symbol)', type: STRING }];
    const schemas = historyOf(streamWith([]), streamWith([], { mapping }), streamWith([]));
    const [first, , third] = schemas.mappingVersions;
    expect(third).toEqual({ version: 3, hash: first?.hash });
  });

  it('renames a column by alias, together with its raw column', () => {
    const mapping = (column: string) => [{ column, expression: `trim(${column})`, type: STRING }];
    const schemas = historyOf(
      streamWith([field('venue', STRING)], { mapping: mapping('venue') }),
      streamWith([field('market', STRING, { aliases: ['venue'] })], { mapping: mapping('market') }),
    );
    expect(schemas.migrations[0]?.changes).toEqual([
      { kind: 'rename-column', path: ['venue'], newName: 'market' },
      { kind: 'rename-column', path: ['_raw_venue'], newName: '_raw_market' },
    ]);
  });

  it('keeps the column of a removed field and takes it back when the field returns', () => {
    const note = field('note', STRING, { optional: true });
    const schemas = historyOf(streamWith([note]), streamWith([]), streamWith([note]));
    expect(schemas.schemaVersions).toHaveLength(3);
    expect(schemas.migrations).toEqual([]);
    const ids = schemas.schemaVersions.map((version) => version.schemaVersionId);
    expect(new Set(ids).size).toBe(3);
  });

  it('adds a required field with a default as an optional column', () => {
    const schemas = historyOf(streamWith([]), streamWith([field('level', INT, { default: 0 })]));
    const columns = replayMigrations(schemas.table, schemas.migrations).fields;
    expect(columns.at(-1)).toMatchObject({ name: 'level', required: false, type: 'int' });
  });

  it.each<[string, FieldType, FieldType, string]>([
    ['int to long', INT, LONG, 'long'],
    ['float to double', { kind: 'float' }, { kind: 'double' }, 'double'],
    ['a decimal to more digits', decimal(9, 2), decimal(18, 2), 'decimal(18, 2)'],
  ])('widens %s', (_what, before, after, type) => {
    const schemas = historyOf(streamWith([field('x', before)]), streamWith([field('x', after)]));
    expect(schemas.migrations[0]?.changes).toEqual([{ kind: 'widen-column', path: ['x'], type }]);
  });

  it('evolves inside records, lists and maps', () => {
    const line = (fields: readonly ReturnType<typeof field>[]): FieldType => ({
      kind: 'list',
      element: { kind: 'map', value: { kind: 'record', fields } },
    });
    const schemas = historyOf(
      streamWith([field('lines', line([field('count', INT), field('sku', STRING)]))]),
      streamWith([
        field(
          'lines',
          line([
            field('count', LONG, { optional: true }),
            field('code', STRING, { aliases: ['sku'] }),
            field('note', STRING, { optional: true }),
          ]),
        ),
      ]),
    );
    const inside = ['lines', 'element', 'value'];
    expect(schemas.migrations[1]?.changes).toEqual([
      { kind: 'make-optional', path: [...inside, 'count'] },
      { kind: 'widen-column', path: [...inside, 'count'], type: 'long' },
      { kind: 'rename-column', path: [...inside, 'sku'], newName: 'code' },
      { kind: 'add-column', path: [...inside, 'note'], type: 'string' },
    ]);
    expect(() => replayMigrations(schemas.table, schemas.migrations)).not.toThrow();
  });

  it.each<
    [string, readonly ReturnType<typeof field>[], readonly ReturnType<typeof field>[], string]
  >([
    [
      'a required field without a default',
      [],
      [field('level', INT)],
      'level: a required field without a default was added (since version 1)',
    ],
    [
      'the removal of a required field',
      [field('level', INT)],
      [],
      'level: a required field was removed (since version 1)',
    ],
    [
      'an optional field that becomes required',
      [field('level', INT, { optional: true })],
      [field('level', INT)],
      'level: an optional field became required (since version 1)',
    ],
    [
      'a narrower type',
      [field('level', LONG)],
      [field('level', INT)],
      'level: the type changed from long to int (since version 1)',
    ],
    [
      'a promotion that Avro has and Iceberg has not',
      [field('level', INT)],
      [field('level', { kind: 'double' })],
      'level: the type changed from int to double (since version 1)',
    ],
    [
      'bytes instead of text',
      [field('level', STRING)],
      [field('level', { kind: 'bytes' })],
      'level: the type changed from string to bytes (since version 1)',
    ],
    [
      'text instead of bytes',
      [field('level', { kind: 'bytes' })],
      [field('level', STRING)],
      'level: the type changed from bytes to string (since version 1)',
    ],
    [
      'another unit of time',
      [field('at', { kind: 'timestamp_millis' })],
      [field('at', { kind: 'timestamp_micros' })],
      'at: the type changed from timestamp-millis to timestamp-micros (since version 1)',
    ],
    [
      'a lost enum symbol',
      [field('side', symbols('bid', 'ask'))],
      [field('side', symbols('bid'))],
      'side: the enum lost "ask" (since version 1)',
    ],
    [
      'an enum that becomes text',
      [field('side', symbols('bid'))],
      [field('side', STRING)],
      'side: the type changed from enum to string (since version 1)',
    ],
    [
      'another currency',
      [field('tax', money('USD'))],
      [field('tax', money('EUR'))],
      'tax_cents: the currency changed from USD to EUR (since version 1)',
    ],
    [
      'money that becomes a plain number',
      [field('tax', money('USD'))],
      [field('tax_cents', LONG)],
      'tax_cents: the type changed from money to long (since version 1)',
    ],
    [
      'another scale',
      [field('x', decimal(9, 2))],
      [field('x', decimal(9, 3))],
      'x: the type changed from decimal(9,2) to decimal(9,3) (since version 1)',
    ],
    [
      'fewer digits',
      [field('x', decimal(9, 2))],
      [field('x', decimal(8, 2))],
      'x: the type changed from decimal(9,2) to decimal(8,2) (since version 1)',
    ],
    [
      'a change inside a record',
      [field('r', { kind: 'record', fields: [field('a', INT)] })],
      [field('r', { kind: 'record', fields: [field('a', STRING)] })],
      'r.a: the type changed from int to string (since version 1)',
    ],
    [
      'a change inside a list of maps',
      [field('r', { kind: 'list', element: { kind: 'map', value: INT } })],
      [field('r', { kind: 'list', element: { kind: 'map', value: STRING } })],
      'r.element.value: the type changed from int to string (since version 1)',
    ],
    [
      'a list that becomes a map',
      [field('r', { kind: 'list', element: INT })],
      [field('r', { kind: 'map', value: INT })],
      'r: the type changed from array to map (since version 1)',
    ],
  ])('refuses %s', (_what, before, after, expected) => {
    expect(refusalsOf(streamWith(after), streamWith(before))).toEqual([expected]);
  });

  it('takes an enum with more symbols', () => {
    const schemas = historyOf(
      streamWith([field('side', symbols('bid', 'ask'))]),
      streamWith([field('side', symbols('bid', 'ask', 'mid'))]),
    );
    expect(schemas.migrations).toEqual([]);
  });

  it('compares with every earlier version, not only the last', () => {
    const optional = { optional: true };
    const refused = refusalsOf(
      streamWith([field('note', INT, optional)]),
      streamWith([field('note', STRING, optional)]),
      streamWith([]),
    );
    expect(refused).toEqual(['note: the type changed from string to int (since version 1)']);
  });

  it('asks for every earlier name of a field that was renamed twice', () => {
    const renamed = (name: string, aliases: readonly string[]) =>
      streamWith([field(name, STRING, { aliases })]);
    const before = [renamed('a', []), renamed('b', ['a'])];
    expect(refusalsOf(renamed('c', ['b']), ...before)).toEqual([
      'c: a required field without a default was added (since version 1)',
    ]);
    expect(refusalsOf(renamed('c', ['b', 'a']), ...before)).toEqual([]);
  });

  it('refuses a rename to the name of an earlier field, whose column still has its values', () => {
    const optional = { optional: true };
    const refused = refusalsOf(
      streamWith([field('old', STRING, { ...optional, aliases: ['new'] })]),
      streamWith([field('old', STRING, optional), field('new', STRING, optional)]),
      streamWith([field('new', STRING, optional)]),
    );
    expect(refused).toEqual(['old: records written before have "old" and "new" (since version 1)']);
  });

  it('refuses another type for a mapped column', () => {
    const mapping = (type: FieldType) => [{ column: 'notional', expression: 'price', type }];
    const refused = refusalsOf(
      streamWith([], { mapping: mapping(STRING) }),
      streamWith([], { mapping: mapping({ kind: 'double' }) }),
    );
    expect(refused).toEqual(['notional: the column changed from double to string']);
  });

  it('refuses another partitioning and takes a rename of its column', () => {
    const partition = (column: string) => ({
      bronze: [{ transform: 'bucket' as const, parameter: 4, column }],
    });
    const before = streamWith([field('venue', STRING)], { partition: partition('venue') });
    const renamed = streamWith([field('market', STRING, { aliases: ['venue'] })], {
      partition: partition('market'),
    });
    expect(refusalsOf(renamed, before)).toEqual([]);
    expect(refusalsOf({ ...before, partition: partition('symbol') }, before)).toEqual([
      'partition.bronze: the partitioning changed from (venue_bucket = bucket[4]) to (bucket(4, symbol))',
    ]);
    expect(refusalsOf({ ...before, partition: { bronze: [] } }, before)).toHaveLength(1);
  });

  it('tells the rule and the way out', () => {
    const [refused] = evolveStream(
      streamWith([field('level', INT)]),
      historyOf(streamWith([])),
    ).refused;
    expect(refused).toEqual({
      mode: 'BACKWARD_TRANSITIVE',
      against: 1,
      path: 'level',
      change: 'a required field without a default was added (since version 1)',
      rule: 'records written before do not have it, so the reader needs a value for it',
      remedy:
        'add "optional: true" or a "default"; if the field was renamed, list the earlier name (every one of them) in "aliases"',
    });
  });
});
