import { parseNamedTypes, type ResolvableField, type ResolvableType } from './resolvable-type.ts';

/** Why a reader cannot read what a writer wrote. */
export type ResolutionProblem =
  | { readonly kind: 'missing-field'; readonly path: string }
  | { readonly kind: 'ambiguous-alias'; readonly path: string; readonly names: readonly string[] }
  | {
      readonly kind: 'name';
      readonly path: string;
      readonly reader: string;
      readonly writer: string;
    }
  | { readonly kind: 'symbols'; readonly path: string; readonly symbols: readonly string[] }
  | {
      readonly kind: 'size';
      readonly path: string;
      readonly reader: number;
      readonly writer: number;
    }
  | { readonly kind: 'null'; readonly path: string }
  | {
      readonly kind: 'type';
      readonly path: string;
      readonly reader: string;
      readonly writer: string;
    };

/**
 * Every reason for which records of `writer` cannot be resolved to `reader`; none means that each one can.
 * Both are schemas as JSON values. Pure Avro: logical types and documentation do not count. Throws
 * SCHEMA_INCOMPATIBLE for what is no schema. Source: Avro 1.12 §Schema Resolution.
 */
export function findResolutionProblems(
  reader: unknown,
  writer: unknown,
): readonly ResolutionProblem[] {
  const pairs: ComparedPairs = new Map();
  return resolve(parseNamedTypes(reader), parseNamedTypes(writer), { path: '', pairs });
}

/**
 * Records that were compared, and what was found. A recursive type meets itself while it is being compared
 * and is taken to fit; a hostile schema that names one type a million times has it compared once.
 */
type ComparedPairs = Map<ResolvableType, Map<ResolvableType, readonly ResolutionProblem[]>>;

interface Place {
  readonly path: string;
  readonly pairs: ComparedPairs;
}

function resolve(
  reader: ResolvableType,
  writer: ResolvableType,
  place: Place,
): readonly ResolutionProblem[] {
  if (writer.kind === 'union') {
    return writer.branches.flatMap((branch) => resolveBranch(reader, branch, place));
  }
  return resolveBranch(reader, writer, place);
}

/** A writer that is no union, against any reader: the reader's branches are tried in order. */
function resolveBranch(
  reader: ResolvableType,
  writer: ResolvableType,
  place: Place,
): readonly ResolutionProblem[] {
  if (reader.kind !== 'union') {
    if (writer.kind === 'null' && reader.kind !== 'null')
      return [{ kind: 'null', path: place.path }];
    return resolveType(reader, writer, place);
  }
  const attempts = reader.branches.map((branch) => resolveType(branch, writer, place));
  if (attempts.some((problems) => problems.length === 0)) return [];
  // What is said is about the branch that was meant: the one of the same kind, if there is one.
  const meant = reader.branches.findIndex((branch) => branch.kind === writer.kind);
  const told = attempts[meant];
  return told ?? [typeProblem(reader, writer, place)];
}

function resolveType(
  reader: ResolvableType,
  writer: ResolvableType,
  place: Place,
): readonly ResolutionProblem[] {
  if (reader.kind === 'record' && writer.kind === 'record') {
    return resolveRecord(reader, writer, place);
  }
  if (reader.kind === 'array' && writer.kind === 'array') {
    return resolve(reader.items, writer.items, inside(place, 'element'));
  }
  if (reader.kind === 'map' && writer.kind === 'map') {
    return resolve(reader.values, writer.values, inside(place, 'value'));
  }
  if (reader.kind === 'enum' && writer.kind === 'enum') {
    const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
    const named = nameProblems(reader, writer, place);
    if (named.length > 0 || unknown.length === 0 || reader.hasDefault) return named;
    return [{ kind: 'symbols', path: place.path, symbols: unknown }];
  }
  if (reader.kind === 'fixed' && writer.kind === 'fixed') {
    if (reader.sizeBytes === writer.sizeBytes) return nameProblems(reader, writer, place);
    return [{ kind: 'size', path: place.path, reader: reader.sizeBytes, writer: writer.sizeBytes }];
  }
  const fits = reader.kind === writer.kind || PROMOTIONS.get(writer.kind)?.includes(reader.kind);
  return fits === true ? [] : [typeProblem(reader, writer, place)];
}

/** Source: Avro 1.12 §Schema Resolution, promotions. */
const PROMOTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['int', ['long', 'float', 'double']],
  ['long', ['float', 'double']],
  ['float', ['double']],
  ['string', ['bytes']],
  ['bytes', ['string']],
]);

type RecordType = Extract<ResolvableType, { readonly kind: 'record' }>;

function resolveRecord(
  reader: RecordType,
  writer: RecordType,
  place: Place,
): readonly ResolutionProblem[] {
  const named = nameProblems(reader, writer, place);
  if (named.length > 0) return named;
  const compared =
    place.pairs.get(reader) ?? new Map<ResolvableType, readonly ResolutionProblem[]>();
  const known = compared.get(writer);
  if (known !== undefined) return known;
  place.pairs.set(reader, compared.set(writer, []));
  const problems = reader.fields.flatMap((field) => resolveField(field, writer, place));
  compared.set(writer, problems);
  return problems;
}

function resolveField(
  field: ResolvableField,
  writer: RecordType,
  place: Place,
): readonly ResolutionProblem[] {
  const at = inside(place, field.name);
  const names = [...new Set([field.name, ...field.aliases])];
  const found = writer.fields.filter(({ name }) => names.includes(name));
  const [only] = found;
  if (only === undefined) {
    return field.hasDefault ? [] : [{ kind: 'missing-field', path: at.path }];
  }
  if (found.length > 1) {
    const ambiguous = found.map(({ name }) => name);
    return [{ kind: 'ambiguous-alias', path: at.path, names: ambiguous }];
  }
  return resolve(field.type, only.type, at);
}

type NamedType = Extract<ResolvableType, { readonly name: string }>;

/** Names are compared without namespace, by the reader's name and aliases, as Avro's own libraries do. */
function nameProblems(
  reader: NamedType,
  writer: NamedType,
  place: Place,
): readonly ResolutionProblem[] {
  const known = [reader.name, ...reader.aliases].map(lastPart);
  if (known.includes(lastPart(writer.name))) return [];
  return [{ kind: 'name', path: place.path, reader: reader.name, writer: writer.name }];
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function typeProblem(
  reader: ResolvableType,
  writer: ResolvableType,
  { path }: Place,
): ResolutionProblem {
  return { kind: 'type', path, reader: nameOf(reader), writer: nameOf(writer) };
}

function nameOf(type: ResolvableType): string {
  if (type.kind !== 'union') return type.kind;
  return type.branches.map(({ kind }) => kind).join(' or ');
}

function inside(place: Place, name: string): Place {
  return { ...place, path: place.path === '' ? name : `${place.path}.${name}` };
}
