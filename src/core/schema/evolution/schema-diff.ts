import type { AvroField, AvroRecord, AvroType } from '../avro-schema.ts';
import {
  attributeOf,
  baseTypeOf,
  describeType,
  isComplexType,
  isOptional,
  joinPath,
  kindOfType,
} from './avro-view.ts';

export type ChangeKind =
  | 'added'
  | 'removed'
  | 'renamed'
  | 'widened'
  | 'narrowed'
  | 'retyped'
  | 'made-optional'
  | 'made-required'
  | 'default'
  | 'symbols-added'
  | 'symbols-removed'
  | 'aliases'
  | 'doc';

/** One difference of two versions, as people read it. */
export interface SchemaDifference {
  readonly kind: ChangeKind;
  /** Dotted path of the field as the later version stores it; a removed one as the earlier did. */
  readonly path: string;
  /** What was; null where there was nothing. */
  readonly before: string | null;
  readonly after: string | null;
}

/** The differences from one version to a later one, in the order of the later one's fields; removed ones last. */
export function diffSchemas(before: AvroRecord, after: AvroRecord): readonly SchemaDifference[] {
  const doc = textDifference('doc', '', { before: before.doc, after: after.doc });
  return [...doc, ...diffFields(before, after, '')];
}

function diffFields(
  before: AvroRecord,
  after: AvroRecord,
  parent: string,
): readonly SchemaDifference[] {
  const afterNames = new Set(after.fields.map(({ name }) => name));
  const matched = new Set<string>();
  const found = after.fields.flatMap((field): readonly SchemaDifference[] => {
    const path = joinPath(parent, field.name);
    const old = earlierField(field, before, afterNames);
    if (old === undefined) return [{ kind: 'added', path, before: null, after: describe(field) }];
    matched.add(old.name);
    return diffField(old, field, path);
  });
  const removed = before.fields
    .filter(({ name }) => !matched.has(name))
    .map((field): SchemaDifference => {
      const path = joinPath(parent, field.name);
      return { kind: 'removed', path, before: describe(field), after: null };
    });
  return [...found, ...removed];
}

/** By name, else by an alias whose name no field has any more. */
function earlierField(
  field: AvroField,
  before: AvroRecord,
  afterNames: ReadonlySet<string>,
): AvroField | undefined {
  const byName = before.fields.find(({ name }) => name === field.name);
  if (byName !== undefined) return byName;
  const aliases = (field.aliases ?? []).filter((alias) => !afterNames.has(alias));
  return before.fields.find(({ name }) => aliases.includes(name));
}

function diffField(before: AvroField, after: AvroField, path: string): readonly SchemaDifference[] {
  const renamed: SchemaDifference[] =
    before.name === after.name
      ? []
      : [{ kind: 'renamed', path, before: before.name, after: after.name }];
  const optional: SchemaDifference[] =
    isOptional(before) === isOptional(after)
      ? []
      : [
          {
            kind: isOptional(after) ? 'made-optional' : 'made-required',
            path,
            before: describe(before),
            after: describe(after),
          },
        ];
  return [
    ...renamed,
    ...diffType(baseTypeOf(before), baseTypeOf(after), path),
    ...optional,
    ...defaultDifference(before, after, path),
    ...aliasDifference(before, after, path),
    ...textDifference('doc', path, { before: before.doc, after: after.doc }),
  ];
}

function diffType(before: AvroType, after: AvroType, path: string): readonly SchemaDifference[] {
  if (isComplexType(before, 'record') && isComplexType(after, 'record')) {
    return diffFields(before, after, path);
  }
  if (isComplexType(before, 'array') && isComplexType(after, 'array')) {
    return diffType(before.items, after.items, joinPath(path, 'element'));
  }
  if (isComplexType(before, 'map') && isComplexType(after, 'map')) {
    return diffType(before.values, after.values, joinPath(path, 'value'));
  }
  if (isComplexType(before, 'enum') && isComplexType(after, 'enum')) {
    return diffSymbols(before.symbols, after.symbols, path);
  }
  const [from, to] = [describeType(before), describeType(after)];
  if (from === to) return [];
  return [{ kind: changeOfType(before, after), path, before: from, after: to }];
}

/** Types that hold every value of another one, in Avro and in Iceberg. */
const WIDER: ReadonlyMap<string, string> = new Map([
  ['int', 'long'],
  ['float', 'double'],
]);

function changeOfType(before: AvroType, after: AvroType): ChangeKind {
  const [from, to] = [kindOfType(before), kindOfType(after)];
  if (WIDER.get(from) === to) return 'widened';
  if (WIDER.get(to) === from) return 'narrowed';
  if (from !== 'decimal' || to !== 'decimal') return 'retyped';
  if (attributeOf(before, 'scale') !== attributeOf(after, 'scale')) return 'retyped';
  const digits = (type: AvroType) => Number(attributeOf(type, 'precision'));
  return digits(before) < digits(after) ? 'widened' : 'narrowed';
}

function diffSymbols(
  before: readonly string[],
  after: readonly string[],
  path: string,
): readonly SchemaDifference[] {
  const added = after.filter((symbol) => !before.includes(symbol));
  const removed = before.filter((symbol) => !after.includes(symbol));
  return [
    ...(added.length === 0
      ? []
      : [{ kind: 'symbols-added' as const, path, before: null, after: added.join(', ') }]),
    ...(removed.length === 0
      ? []
      : [{ kind: 'symbols-removed' as const, path, before: removed.join(', '), after: null }]),
  ];
}

function defaultDifference(
  before: AvroField,
  after: AvroField,
  path: string,
): readonly SchemaDifference[] {
  // An optional field always has the default null: that it became one is said already.
  const value = (field: AvroField) =>
    field.default === undefined || (isOptional(field) && field.default === null)
      ? null
      : JSON.stringify(field.default);
  const [from, to] = [value(before), value(after)];
  return from === to ? [] : [{ kind: 'default', path, before: from, after: to }];
}

function aliasDifference(
  before: AvroField,
  after: AvroField,
  path: string,
): readonly SchemaDifference[] {
  const text = ({ aliases = [] }: AvroField) => (aliases.length === 0 ? null : aliases.join(', '));
  // A rename brings its alias along.
  if (before.name !== after.name || text(before) === text(after)) return [];
  return [{ kind: 'aliases', path, before: text(before), after: text(after) }];
}

function textDifference(
  kind: 'doc',
  path: string,
  { before = null, after = null }: { before?: string | null; after?: string | null },
): readonly SchemaDifference[] {
  return before === after ? [] : [{ kind, path, before, after }];
}

function describe(field: AvroField): string {
  const optional = isOptional(field) ? ', optional' : '';
  const fallback =
    field.default === undefined || field.default === null
      ? ''
      : `, default ${JSON.stringify(field.default)}`;
  return `${describeType(baseTypeOf(field))}${optional}${fallback}`;
}
