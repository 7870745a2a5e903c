import type { z } from 'zod';
import {
  type ConfigIssue,
  type ConfigPath,
  cutTextHint,
  describeValue,
  formatPath,
  listChoices,
  quote,
} from './config-issue.ts';
import { type JsonSchema, jsonSchemaOf, knownKeys } from './model-keys.ts';
import { nearestName, unknownName } from './nearest-name.ts';
import { fittingBranch, parsePruned, type ZodIssue } from './prune.ts';
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
  readonly #misspelt = new Map<string, ConfigPath>();
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

  /** A misspelt key is one mistake: issues about the key that is missing instead are left out. */
  finish(): { readonly issues: readonly ConfigIssue[]; readonly invalidPaths: ConfigPath[] } {
    const isExplained = (path: string) => this.#missing.has(path) && this.#misspelt.has(path);
    const issues = this.#found.filter(({ path }) => !isExplained(formatPath(path)));
    return {
      issues: issues.map(({ issue }) => issue),
      invalidPaths: [...this.#found.map(({ path }) => path), ...this.#misspelt.values()],
    };
  }

  #push(path: ConfigPath, issue: ConfigIssue): void {
    this.#found.push({ path, issue });
  }

  #addUnknownKey(path: ConfigPath, key: string): void {
    const keyPath = [...path, key];
    const known = knownKeys(this.#schema, path, this.#source.value);
    const nearest = nearestName(key, known);
    if (nearest !== null) this.#misspelt.set(formatPath([...path, nearest]), [...path, nearest]);
    const message = matchesAny(this.#notSupported.keys, formatPattern(keyPath))
      ? `expected no key ${quote(key)}, got one; ${NOT_IN_THIS_VERSION}`
      : `${unknownName(key, known)}${cutTextHint(key)}`;
    this.#push(keyPath, this.#source.issueAtKey(keyPath, message));
  }

  #messageOf(issue: ZodIssue, path: ConfigPath, got: unknown): string {
    const expected = expectedOf(issue);
    const message = `${expected}, got ${describeValue(got)}`;
    const choices = choicesOf(issue);
    if (choices === null || typeof got !== 'string') return message;
    if (matchesAny(this.#notSupported.values, `${formatPattern(path)}=${got}`)) {
      return `${message}; ${NOT_IN_THIS_VERSION}`;
    }
    const nearest = nearestName(got, choices);
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

/** The values one of which was expected: those of a list, or the kinds of a union that is told apart by one key. */
function choicesOf(issue: ZodIssue): readonly string[] | null {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code !== 'invalid_union' || !('options' in issue)) return null;
  return (issue.options ?? []).map(String);
}

/** `expected …`. A message of our own models starts with that word and is taken as it is. */
function expectedOf(issue: ZodIssue): string {
  if (issue.message.startsWith('expected ')) return issue.message;
  const choices = choicesOf(issue);
  if (choices !== null) return `expected ${listChoices(choices)}`;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPE_PHRASES[issue.expected] ?? issue.expected}`;
    case 'invalid_union':
      return `expected ${unionPhrase(issue.errors)}`;
    case 'too_small':
      return `expected at least ${amount(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `expected at most ${amount(issue.maximum, issue.origin)}`;
    default:
      return `expected a valid value (${issue.message})`;
  }
}

function amount(limit: number | bigint, origin: string): string {
  const unit = { array: 'item', string: 'character' }[origin];
  if (unit === undefined) return `${limit}`;
  return `${limit} ${unit}${Number(limit) === 1 ? '' : 's'}`;
}

function unionPhrase(branches: readonly (readonly ZodIssue[])[]): string {
  const phrases = branches.map((issues) =>
    issues[0] === undefined ? 'another value' : expectedOf(issues[0]).replace('expected ', ''),
  );
  return [...new Set(phrases)].join(' or ');
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
