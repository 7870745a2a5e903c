import { z } from 'zod';
import {
  type ConfigIssue,
  type ConfigPath,
  describeValue,
  formatPath,
  listChoices,
  quote,
} from './config-issue.ts';
import { nearestName, unknownName } from './nearest-name.ts';
import { valueAt } from './reporter.ts';
import type { YamlSource } from './yaml-source.ts';

/**
 * Words of the language that exist in its description but not in this version of the product.
 * Patterns are dotted paths; `*` stands for any name.
 */
export interface NotSupported {
  readonly keys: readonly string[];
  /** `pattern=value`, for instance `buffer=kafka`. */
  readonly values: readonly string[];
}

export interface ModelReading<T> {
  /** What is left after the invalid parts are taken out, so that the rest is still checked; null when nothing usable is. */
  readonly value: T | null;
  readonly issues: readonly ConfigIssue[];
  /** Paths that already have an issue; checks that follow stay silent about them. */
  readonly invalidPaths: readonly ConfigPath[];
}

const NOT_IN_THIS_VERSION = 'not supported in this version';
/** Each round takes out at least one value; real files need two or three rounds. */
const MAX_PRUNE_ROUNDS = 200;

type ZodIssue = z.core.$ZodIssue;

export interface FileModel<T> {
  /** What a valid file follows. */
  readonly schema: z.ZodType;
  /** What a file follows as long as required keys may be missing; its output is that of `schema` for a valid file. */
  readonly incomplete: z.ZodType<T>;
  readonly notSupported: NotSupported;
}

/** Validates a file against its model and turns what zod found into issues with a place. */
export function readModel<T>(source: YamlSource, model: FileModel<T>): ModelReading<T> {
  const checked = model.schema.safeParse(source.value);
  const issues = checked.success ? [] : checked.error.issues;
  const describer = new IssueDescriber(source, jsonSchemaOf(model.schema), model.notSupported);
  for (const issue of issues) describer.add(issue, []);
  return { value: parsePruned(model.incomplete, source.value, issues), ...describer.finish() };
}

class IssueDescriber {
  readonly #found: { readonly path: ConfigPath; readonly issue: ConfigIssue }[] = [];
  /** Paths of missing keys, and paths that a misspelt key was meant for. */
  readonly #missing = new Set<string>();
  readonly #misspelt = new Set<string>();
  readonly #source: YamlSource;
  readonly #schema: JsonSchema;
  readonly #notSupported: NotSupported;

  constructor(source: YamlSource, schema: JsonSchema, notSupported: NotSupported) {
    this.#source = source;
    this.#schema = schema;
    this.#notSupported = notSupported;
  }

  add(issue: ZodIssue, parent: ConfigPath): void {
    const path = [...parent, ...(issue.path as (string | number)[])];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.#addUnknownKey(path, key);
      return;
    }
    if (issue.code === 'invalid_union') {
      const branch = fittingBranch(issue.errors);
      if (branch !== null) {
        for (const nested of branch) this.add(nested, path);
        return;
      }
    }
    const got = valueAt(this.#source.value, path);
    if (got === undefined) this.#missing.add(formatPath(path));
    if (issue.code === 'invalid_key') {
      const key = String(path.at(-1) ?? '');
      const expected = issue.issues[0]?.message ?? 'expected a name';
      this.#push(path, this.#source.issueAtKey(path, `${expected}, got ${quote(key)}`));
      return;
    }
    this.#push(path, this.#source.issueAt(path, this.#messageOf(issue, path, got)));
  }

  /** A misspelt required key is one mistake: the issue about the missing key is left out. */
  finish(): { readonly issues: readonly ConfigIssue[]; readonly invalidPaths: ConfigPath[] } {
    const explained = this.#missing.intersection(this.#misspelt);
    const issues = this.#found.filter(({ path }) => !explained.has(formatPath(path)));
    return {
      issues: issues.map(({ issue }) => issue),
      invalidPaths: this.#found.map(({ path }) => path),
    };
  }

  #push(path: ConfigPath, issue: ConfigIssue): void {
    this.#found.push({ path, issue });
  }

  #addUnknownKey(path: ConfigPath, key: string): void {
    const keyPath = [...path, key];
    const known = knownKeys(this.#schema, path);
    const nearest = nearestName(key, known);
    if (nearest !== null) this.#misspelt.add(formatPath([...path, nearest]));
    const message = matchesAny(this.#notSupported.keys, formatPattern(keyPath))
      ? `expected no key ${quote(key)}, got one; ${NOT_IN_THIS_VERSION}`
      : unknownName(key, known);
    this.#push(keyPath, this.#source.issueAtKey(keyPath, message));
  }

  #messageOf(issue: ZodIssue, path: ConfigPath, got: unknown): string {
    const expected = expectedOf(issue);
    const message = `${expected}, got ${describeValue(got)}`;
    if (issue.code !== 'invalid_value' || typeof got !== 'string') return message;
    if (matchesAny(this.#notSupported.values, `${formatPattern(path)}=${got}`)) {
      return `${message}; ${NOT_IN_THIS_VERSION}`;
    }
    const nearest = nearestName(got, issue.values.map(String));
    return nearest === null ? message : `${message}; did you mean ${quote(nearest)}?`;
  }
}

const TYPE_PHRASES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

/** `expected …`. A message of our own models starts with that word and is taken as it is. */
function expectedOf(issue: ZodIssue): string {
  if (issue.message.startsWith('expected ')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPE_PHRASES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${listChoices(issue.values.map(String))}`;
    case 'invalid_union':
      return `expected ${unionPhrase(issue.errors)}`;
    case 'too_small':
      return `expected at least ${issue.minimum}${itemsOf(issue.origin)}`;
    case 'too_big':
      return `expected at most ${issue.maximum}${itemsOf(issue.origin)}`;
    default:
      return `expected a valid value (${issue.message})`;
  }
}

function itemsOf(origin: string): string {
  if (origin === 'array') return ' items';
  return origin === 'string' ? ' characters' : '';
}

function unionPhrase(branches: readonly (readonly ZodIssue[])[]): string {
  const phrases = branches.map((issues) =>
    issues[0] === undefined ? 'another value' : expectedOf(issues[0]).replace('expected ', ''),
  );
  return [...new Set(phrases)].join(' or ');
}

/** The branch of a union whose kind fits the value, so that its own issues are the helpful ones. */
function fittingBranch(branches: readonly (readonly ZodIssue[])[]): readonly ZodIssue[] | null {
  const fits = (issues: readonly ZodIssue[]) =>
    !issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0);
  return branches.find(fits) ?? null;
}

function formatPattern(path: ConfigPath): string {
  return formatPath(path).replaceAll(/\[\d+\]/g, '.*');
}

function matchesAny(patterns: readonly string[], path: string): boolean {
  const steps = path.split('.');
  return patterns.some((pattern) => {
    const wanted = pattern.split('.');
    return (
      wanted.length === steps.length &&
      wanted.every((step, index) => step === '*' || step === steps[index])
    );
  });
}

/** Takes the invalid values out until the rest validates, or gives up when the root itself is wrong. */
function parsePruned<T>(
  model: z.ZodType<T>,
  original: unknown,
  firstIssues: readonly ZodIssue[],
): T | null {
  const value = cloneTree(original);
  let issues = firstIssues.filter(
    (issue) => valueAt(original, issue.path as ConfigPath) !== undefined,
  );
  for (let round = 0; round < MAX_PRUNE_ROUNDS; round += 1) {
    if (!issues.every((issue) => pruneIssue(value, issue, []))) return null;
    dropPrunedItems(value);
    const result = model.safeParse(value);
    if (result.success) return result.data;
    issues = result.error.issues;
  }
  return null;
}

function pruneIssue(root: unknown, issue: ZodIssue, parent: ConfigPath): boolean {
  const path = [...parent, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.every((key) => removeAt(root, [...path, key]));
  }
  if (issue.code === 'invalid_union') {
    const branch = fittingBranch(issue.errors);
    if (branch !== null) return branch.every((nested) => pruneIssue(root, nested, path));
  }
  return removeAt(root, path);
}

/** Stands for a removed list item until the round ends: later issues of the round use the old indexes. */
const PRUNED = Symbol('pruned');

function dropPrunedItems(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value))
    value.splice(0, value.length, ...value.filter((item) => item !== PRUNED));
  for (const entry of Object.values(value)) dropPrunedItems(entry);
}

/** Removes a value; a value that is already missing was required, so its parent goes instead. */
function removeAt(root: unknown, path: ConfigPath): boolean {
  const key = path.at(-1);
  if (key === undefined) return false;
  const parentPath = path.slice(0, -1);
  const parent = valueAt(root, parentPath);
  // A sibling issue may have removed the parent already.
  if (typeof parent !== 'object' || parent === null) return true;
  if (Array.isArray(parent) && typeof key === 'number' && key < parent.length) {
    parent[key] = PRUNED;
    return true;
  }
  if (!Object.hasOwn(parent, key)) return removeAt(root, parentPath);
  delete (parent as Record<string | number, unknown>)[key];
  return true;
}

function cloneTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cloneTree);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of Object.entries(value)) copy[key] = cloneTree(entry);
  return copy;
}

interface JsonSchema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

/** The JSON Schema of a model as editors read it: draft 7 is what the YAML language server knows best. */
export function jsonSchemaOf(model: z.ZodType): JsonSchema {
  return z.toJSONSchema(model, { io: 'input', target: 'draft-7' }) as JsonSchema;
}

/** Keys that the model knows at a path; empty when the path leaves the model. */
function knownKeys(root: JsonSchema, path: ConfigPath): string[] {
  let candidates = expandSchema(root, root);
  for (const step of path) {
    candidates = candidates.flatMap((schema) => {
      const next = stepInto(schema, step);
      return next === null ? [] : expandSchema(root, next);
    });
  }
  return [...new Set(candidates.flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

function stepInto(schema: JsonSchema, step: string | number): JsonSchema | null {
  if (typeof step === 'number') return schema.items ?? null;
  const properties = schema.properties ?? {};
  if (Object.hasOwn(properties, step)) return properties[step] ?? null;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : null;
}

/** A schema with its references, alternatives and parts laid side by side. */
function expandSchema(root: JsonSchema, schema: JsonSchema): JsonSchema[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/definitions/', '');
    const target = schema.$ref === '#' ? root : root.definitions?.[name];
    return target === undefined ? [] : expandSchema(root, target);
  }
  const parts = [...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
  return parts.length === 0 ? [schema] : parts.flatMap((part) => expandSchema(root, part));
}
