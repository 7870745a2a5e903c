import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findResolutionProblems } from '#core/schema/evolution/avro-resolution.ts';
import {
  COMPATIBILITY_MODES,
  MODE_RULES,
  versionsAgainst,
} from '#core/schema/evolution/compatibility-mode.ts';
import { judgeDefinition } from '#core/schema/evolution/judge-definition.ts';

type Schema = Readonly<Record<string, unknown>> | string | readonly unknown[];

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];

/** Schemas of few names and types, so that a pair often shares them. */
const anySchema = fc.letrec<{ type: Schema; record: Schema; field: Schema }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: fc.constantFrom(...PRIMITIVES) },
    {
      weight: 2,
      arbitrary: fc
        .uniqueArray(fc.constantFrom('bid', 'ask', 'mid'), { minLength: 1, maxLength: 3 })
        .chain((symbols) =>
          fc.record({
            type: fc.constant('enum'),
            name: fc.constantFrom('Side', 'Kind'),
            symbols: fc.constant(symbols),
            ...{ default: fc.constantFrom(undefined, symbols[0]) },
          }),
        ),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('fixed'),
        name: fc.constantFrom('Hash', 'Digest'),
        size: fc.constantFrom(4, 8),
        aliases: fc.constantFrom([], ['Hash']),
      }),
    },
    { weight: 1, arbitrary: tie('type').map((items) => ({ type: 'array', items })) },
    { weight: 1, arbitrary: tie('type').map((values) => ({ type: 'map', values })) },
    { weight: 2, arbitrary: fc.array(tie('type'), { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: tie('record') },
  ),
  field: fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    aliases: fc.constantFrom([], [], ['a'], ['b', 'x']),
    type: tie('type'),
  }),
  record: fc.record({
    type: fc.constant('record'),
    name: fc.constantFrom('Trade', 'Quote'),
    aliases: fc.constantFrom([], [], ['Trade']),
    fields: fc.uniqueArray(tie('field'), {
      selector: (field) => (field as { name: string }).name,
      maxLength: 3,
    }),
  }),
}));

/** Every named type a name of its own where it stands, a default for some optional fields; null when it is no schema. */
function toSchema(raw: Schema, defaults: boolean): Schema | null {
  const schema = JSON.parse(JSON.stringify(raw), (_key, value: unknown) =>
    defaults && isField(value) && isNullable(value.type) ? { ...value, default: null } : value,
  ) as Schema;
  try {
    avsc.Type.forSchema(schema as avsc.Schema);
    return schema;
  } catch {
    return null;
  }
}

function isField(value: unknown): value is { readonly type: unknown } {
  return typeof value === 'object' && value !== null && 'type' in value && 'name' in value;
}

function isNullable(type: unknown): boolean {
  return type === 'null' || (Array.isArray(type) && type[0] === 'null');
}

const anyRecord = fc
  .tuple(anySchema.record, fc.boolean())
  .map(([record, defaults]) => toSchema(record, defaults))
  .filter((schema) => schema !== null);

/** A schema and one that differs from it a little. */
const anyPair = fc.oneof(
  fc.tuple(anyRecord, anyRecord),
  fc
    .tuple(anyRecord, anyRecord, fc.constantFrom(...PRIMITIVES), fc.nat(7))
    .map(([schema, other, primitive, which]): [Schema, Schema] => [
      schema,
      changed(schema, { other, primitive, which }) ?? other,
    ]),
);

function changed(
  schema: Schema,
  change: { readonly other: Schema; readonly primitive: string; readonly which: number },
): Schema | null {
  const copy = structuredClone(schema) as { fields: Record<string, unknown>[] };
  const fields = copy.fields;
  const at = fields[change.which % Math.max(1, fields.length)];
  const kind = change.which % 5;
  if (kind === 0) fields.pop();
  else if (kind === 1) fields.push({ name: 'd', type: ['null', change.primitive], default: null });
  else if (kind === 2) fields.push({ name: 'd', type: change.primitive });
  else if (at !== undefined && kind === 3) at['type'] = change.primitive;
  else if (at !== undefined) Object.assign(at, { aliases: [at['name']], name: 'e' });
  return toSchema(copy, false);
}

/** The judge: does a library of other people resolve the writer's schema to the reader's? */
function resolves(reader: Schema, writer: Schema): boolean {
  const typeOf = (schema: Schema) => avsc.Type.forSchema(schema as avsc.Schema);
  try {
    typeOf(reader).createResolver(typeOf(writer), { ignoreNamespaces: true });
    return true;
  } catch {
    return false;
  }
}

describe('findResolutionProblems', () => {
  it('finds a problem exactly where a foreign library cannot resolve', () => {
    let resolved = 0;
    fc.assert(
      fc.property(anyPair, ([reader, writer]) => {
        const expected = resolves(reader, writer);
        if (expected) resolved++;
        expect(findResolutionProblems(reader, writer).length === 0).toBe(expected);
      }),
      { numRuns: 3_000, seed: 11 },
    );
    // Otherwise the property would be about one side only.
    expect(resolved).toBeGreaterThan(300);
    expect(resolved).toBeLessThan(2_700);
  });

  it('ends for types that contain themselves', () => {
    const node = (extra: Schema) => ({
      type: 'record',
      name: 'Node',
      fields: [
        { name: 'next', type: ['null', 'Node'], default: null },
        { name: 'value', type: extra },
      ],
    });
    expect(findResolutionProblems(node('long'), node('int'))).toEqual([]);
    expect(findResolutionProblems(node('int'), node('long'))).toEqual([
      { kind: 'type', path: 'value', reader: 'int', writer: 'long' },
    ]);
  });

  it('compares a type that is named a thousand times once', () => {
    const deep = Array.from({ length: 40 }, (_, level) => ({
      type: 'record',
      name: `L${level}`,
      fields: [] as unknown[],
    }));
    for (const [level, record] of deep.entries()) {
      const next = deep[level + 1];
      record.fields.push(
        { name: 'a', type: next ?? 'int' },
        { name: 'b', type: next === undefined ? 'int' : next.name },
      );
    }
    expect(findResolutionProblems(deep[0], deep[0])).toEqual([]);
  });
});

describe('judgeDefinition', () => {
  it.each(COMPATIBILITY_MODES)(
    'under %s refuses exactly what a foreign library cannot read',
    (mode) => {
      const { backward, forward } = MODE_RULES[mode];
      fc.assert(
        fc.property(
          fc.tuple(anyPair, anyPair).map((pairs) => pairs.flat()),
          fc.nat(3),
          (schemas, last) => {
            const next = schemas[last]!;
            const earlier = schemas.filter((_, index) => index !== last);
            const legal = versionsAgainst(mode, earlier).every(
              (before) =>
                (!backward || resolves(next, before)) && (!forward || resolves(before, next)),
            );
            expect(judgeDefinition(mode, next, earlier).length === 0).toBe(legal);
          },
        ),
        { numRuns: 200, seed: 12 },
      );
    },
  );
});
