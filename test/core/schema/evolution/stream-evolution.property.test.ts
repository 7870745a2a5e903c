import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRowDecoder, createRowEncoder } from '#core/avro/row-codec.ts';
import type { Stream } from '#core/config/project.ts';
import { bronzeColumns } from '#core/schema/bronze-table.ts';
import { evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import {
  type Field,
  type FieldType,
  type Row,
  storedName,
  type Value,
} from '#core/schema/field.ts';
import type { StreamSchemas } from '#core/schema/registry.ts';
import { replayMigrations } from '#core/schema/table-migration.ts';
import { field, streamWith } from './evolution-fixture.ts';

const SCALARS: readonly FieldType[] = [
  { kind: 'int' },
  { kind: 'long' },
  { kind: 'float' },
  { kind: 'double' },
  { kind: 'string' },
  { kind: 'bytes' },
  { kind: 'money', currency: 'USD' },
  { kind: 'decimal', precision: 9, scale: 2 },
  { kind: 'decimal', precision: 12, scale: 2 },
  { kind: 'timestamp_micros' },
  { kind: 'enum', symbols: ['bid'] },
  { kind: 'enum', symbols: ['bid', 'ask'] },
];

const anyType = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...SCALARS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...SCALARS).map((element): FieldType => ({ kind: 'list', element })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...SCALARS), fc.boolean()).map(
      ([type, optional]): FieldType => ({
        kind: 'record',
        fields: [field('inner', type, { optional })],
      }),
    ),
  },
);

/** Fields of few names, so that versions often share a name. */
const anyFields = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      type: anyType,
      optional: fc.boolean(),
      alias: fc.constantFrom(null, 'x', 'y'),
    }),
    { selector: (item) => item.name, maxLength: 3 },
  )
  .map((items) => {
    const aliased = new Set<string>();
    return items.map(({ name, type, optional, alias }) => {
      const aliases = alias === null || aliased.has(alias) ? [] : [alias];
      for (const used of aliases) aliased.add(used);
      return field(name, type, { optional, aliases });
    });
  });

const anyHistory = fc.array(anyFields, { minLength: 2, maxLength: 5 });

/** Takes the versions that are legal; those refused change nothing. */
function evolve(versions: readonly (readonly Field[])[]): {
  readonly accepted: readonly Stream[];
  readonly schemas: StreamSchemas;
} {
  let schemas: StreamSchemas | null = null;
  const accepted: Stream[] = [];
  for (const fields of versions) {
    const stream = streamWith(fields);
    const evolution = evolveStream(stream, schemas);
    if (evolution.refused.length > 0) continue;
    if (evolution.schemas.schemaVersions.length > accepted.length) accepted.push(stream);
    schemas = evolution.schemas;
  }
  if (schemas === null) throw new Error('the first version is always legal');
  return { accepted, schemas };
}

function sampleValue(type: FieldType): Value {
  switch (type.kind) {
    case 'int':
    case 'float':
    case 'double':
      return 1;
    case 'string':
      return 'x';
    case 'enum':
      return 'bid';
    case 'bytes':
      return new Uint8Array([1]);
    case 'list':
      return [sampleValue(type.element)];
    case 'record':
      return sampleRow(type.fields);
    default:
      return 1n;
  }
}

function sampleRow(fields: readonly Field[]): Row {
  return Object.fromEntries(fields.map((f) => [storedName(f), sampleValue(f.type)]));
}

describe('evolution', () => {
  it('lets the newest version read records of every earlier one', () => {
    fc.assert(
      fc.property(anyHistory, (versions) => {
        const { accepted, schemas } = evolve(versions);
        const reader = schemas.schemaVersions.at(-1)?.avro ?? '';
        const fields = accepted.at(-1)?.fields ?? [];
        for (const [index, stream] of accepted.entries()) {
          const writerSchema: unknown = JSON.parse(schemas.schemaVersions[index]?.avro ?? '');
          const bytes = createRowEncoder(writerSchema, stream.fields)(sampleRow(stream.fields));
          const decode = createRowDecoder({
            writerSchema,
            readerSchema: JSON.parse(reader),
            fields,
          });
          expect(Object.keys(decode(bytes).row)).toEqual(fields.map(storedName));
        }
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it('refuses what a foreign Avro reader refuses', () => {
    fc.assert(
      fc.property(anyFields, anyFields, (before, after) => {
        const { schemas } = evolve([before]);
        const next = evolveStream(streamWith(after), schemas);
        const reader = schemaOf(next.schemas.schemaVersions.at(-1)?.avro);
        const writer = schemaOf(schemas.schemaVersions[0]?.avro);
        const readable = canResolve(reader, writer);
        if (!readable) expect(next.refused).not.toEqual([]);
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it('always ends at a table that has every column the stream wants', () => {
    fc.assert(
      fc.property(anyHistory, (versions) => {
        const { accepted, schemas } = evolve(versions);
        const columns = new Map(
          replayMigrations(schemas.table, schemas.migrations).fields.map((column) => [
            column.name,
            column,
          ]),
        );
        const wanted = bronzeColumns(accepted.at(-1) ?? streamWith([]));
        expect(wanted.filter((column) => !columns.has(column.name))).toEqual([]);
        const nullable = wanted.filter((column) => !column.required);
        expect(nullable.filter((column) => columns.get(column.name)?.required)).toEqual([]);
        const names = new Set(wanted.map((column) => column.name));
        const unfilled = [...columns.values()].filter((column) => !names.has(column.name));
        expect(unfilled.filter((column) => column.required)).toEqual([]);
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it('changes nothing when it runs again, and never an earlier version', () => {
    fc.assert(
      fc.property(anyHistory, (versions) => {
        const { accepted, schemas } = evolve(versions);
        const last = accepted.at(-1) ?? streamWith([]);
        expect(evolveStream(last, schemas)).toEqual({ schemas, refused: [] });
        const fewer = evolve(versions.slice(0, -1)).schemas;
        expect(schemas.schemaVersions.slice(0, fewer.schemaVersions.length)).toEqual(
          fewer.schemaVersions,
        );
        expect(schemas.migrations.slice(0, fewer.migrations.length)).toEqual(fewer.migrations);
        expect(schemas.table).toEqual(fewer.table);
      }),
      { numRuns: 150, seed: 4 },
    );
  });
});

function schemaOf(text: string | undefined): avsc.Type {
  return avsc.Type.forSchema(JSON.parse(text ?? '') as avsc.Schema);
}

function canResolve(reader: avsc.Type, writer: avsc.Type): boolean {
  try {
    reader.createResolver(writer);
    return true;
  } catch {
    return false;
  }
}
