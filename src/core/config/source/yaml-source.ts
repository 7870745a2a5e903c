import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import {
  type ConfigIssue,
  type ConfigPath,
  describeValue,
  formatPath,
  quote,
} from './config-issue.ts';

/** Far above any real file, far below what makes a parser slow. */
const MAX_FILE_CHARACTERS = 512 * 1024;
const MAX_DEPTH = 40;
/** Nodes after aliases are expanded: nine nested anchors of nine entries would be a billion. */
const MAX_NODES = 50_000;
/** After so many the rest follows from them: one bracket that stays open makes dozens. */
const MAX_SYNTAX_ISSUES = 3;

/** Both from 1; columns count UTF-16 code units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A parsed YAML file that remembers where each value stands. */
export interface YamlSource {
  readonly file: string;
  /** The root mapping. Mappings have no prototype; integers beyond 2^53 are bigint. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Where the value of a path stands, or its nearest existing parent. */
  placeOf(path: ConfigPath): Place;
  /** An issue at the value of a path, or at its nearest existing parent. */
  issueAt(path: ConfigPath, message: string): ConfigIssue;
  /** An issue at the key of a path: for unknown keys and bad names. */
  issueAtKey(path: ConfigPath, message: string): ConfigIssue;
}

export interface YamlReading {
  /** Null when the text is not one YAML mapping. */
  readonly source: YamlSource | null;
  readonly issues: readonly ConfigIssue[];
}

/**
 * Parses one configuration file (YAML 1.2 core schema). Aliases work and are bounded; merge keys,
 * duplicate keys and several documents are issues. Never throws on any text.
 */
export function readYaml(file: string, text: string): YamlReading {
  const fail = (message: string, place: Place = { line: 1, column: 1 }): YamlReading => ({
    source: null,
    issues: [{ file, ...place, path: '', message }],
  });
  if (text.length > MAX_FILE_CHARACTERS) {
    return fail(`expected at most ${MAX_FILE_CHARACTERS} characters, got ${text.length}`);
  }
  const lines = new LineCounter();
  // uniqueKeys compares every pair of keys; the reader below does it in linear time.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    intAsBigInt: true,
  });
  const problems = [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_ISSUES);
  if (problems.length > 0) {
    const issues = problems.map((problem) => ({
      file,
      ...placeOf(lines, problem.pos[0]),
      path: '',
      message:
        problem.code === 'MULTIPLE_DOCS'
          ? 'expected one YAML document, got several; remove "---"'
          : `not valid YAML: ${lowerFirst(problem.message)}`,
    }));
    return { source: null, issues };
  }
  const reader = new NodeReader(file, lines, (alias) => alias.resolve(document) ?? null);
  const value = reader.read(document.contents, [], 0);
  if (reader.exhausted !== null) return fail(reader.exhausted);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const got = document.contents === null ? 'an empty file' : describeValue(value);
    return fail(`expected a mapping of keys to values, got ${got}`);
  }
  return { source: reader.toSource(value as Record<string, unknown>), issues: reader.issues };
}

interface AliasNode {
  resolve(document: unknown): Node | undefined;
}

interface EntryOffsets {
  readonly key: number;
  readonly value: number;
}

/** Turns the syntax tree into plain values and keeps the offset of each entry beside them. */
class NodeReader {
  readonly issues: ConfigIssue[] = [];
  exhausted: string | null = null;
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #resolve: (alias: AliasNode) => Node | null;
  readonly #offsets = new WeakMap<object, Map<string | number, EntryOffsets>>();
  #nodes = 0;

  constructor(file: string, lines: LineCounter, resolve: (alias: AliasNode) => Node | null) {
    this.#file = file;
    this.#lines = lines;
    this.#resolve = resolve;
  }

  read(node: unknown, path: ConfigPath, depth: number): unknown {
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) {
      this.exhausted = `expected at most ${MAX_NODES} values after aliases are expanded, got more`;
    }
    if (depth > MAX_DEPTH) {
      this.exhausted = `expected at most ${MAX_DEPTH} levels of nesting, got more`;
    }
    if (this.exhausted !== null) return null;
    if (isAlias(node)) return this.read(this.#resolve(node as AliasNode), path, depth + 1);
    if (isMap(node)) return this.#readMap(node.items, path, depth);
    if (isSeq(node)) return this.#readSeq(node.items, path, depth);
    return isScalar(node) ? plainScalar(node.value) : null;
  }

  #readMap(
    items: readonly { key: unknown; value: unknown }[],
    path: ConfigPath,
    depth: number,
  ): Record<string, unknown> {
    const value: Record<string, unknown> = Object.create(null);
    const offsets = new Map<string | number, EntryOffsets>();
    for (const item of items) {
      const offset = startOf(item.key, 0);
      const key = this.#readKey(item.key);
      const problem = this.#keyProblem(key, offsets);
      if (key === null || problem !== null) {
        this.#report(offset, key === null ? path : [...path, key], problem ?? '');
        continue;
      }
      offsets.set(key, { key: offset, value: startOf(item.value, offset) });
      value[key] = this.read(item.value, [...path, key], depth + 1);
    }
    this.#offsets.set(value, offsets);
    return value;
  }

  #readSeq(items: readonly unknown[], path: ConfigPath, depth: number): unknown[] {
    const offsets = new Map<string | number, EntryOffsets>();
    const value = items.map((item, index) => {
      const offset = startOf(item, 0);
      offsets.set(index, { key: offset, value: offset });
      return this.read(item, [...path, index], depth + 1);
    });
    this.#offsets.set(value, offsets);
    return value;
  }

  /** Keys are text; a plain `1:` or `true:` counts as the text that stands there. */
  #readKey(node: unknown): string | null {
    if (isAlias(node)) return this.#readKey(this.#resolve(node as AliasNode));
    if (!isScalar(node) || node.value === null) return null;
    return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
  }

  #keyProblem(key: string | null, seen: ReadonlyMap<string | number, unknown>): string | null {
    if (key === null) return 'expected a plain key, got a list, a mapping or nothing as key';
    if (key === '<<') return 'merge keys are not supported; write the keys out';
    // Assigning this key would set the prototype of a plain object further on.
    if (key === '__proto__') return 'expected a name, got "__proto__"';
    if (seen.has(key)) return `duplicate key ${quote(key)}; keep one of them`;
    return null;
  }

  #report(offset: number, path: ConfigPath, message: string): void {
    this.issues.push(this.#issue(offset, path, message));
  }

  #issue(offset: number, path: ConfigPath, message: string): ConfigIssue {
    const place = placeOf(this.#lines, offset);
    return { file: this.#file, ...place, path: formatPath(path), message };
  }

  toSource(value: Record<string, unknown>): YamlSource {
    return {
      file: this.#file,
      value,
      placeOf: (path) => placeOf(this.#lines, this.#offsetOf(value, path, 'value')),
      issueAt: (path, message) => this.#issue(this.#offsetOf(value, path, 'value'), path, message),
      issueAtKey: (path, message) => this.#issue(this.#offsetOf(value, path, 'key'), path, message),
    };
  }

  /** A missing entry is blamed on the key of its nearest existing parent. */
  #offsetOf(root: unknown, path: ConfigPath, side: keyof EntryOffsets): number {
    let container = root;
    let offset = 0;
    for (const [index, step] of path.entries()) {
      const entry =
        typeof container === 'object' && container !== null
          ? this.#offsets.get(container)?.get(step)
          : undefined;
      if (entry === undefined) return offset;
      offset = index === path.length - 1 ? entry[side] : entry.key;
      container = (container as Record<string | number, unknown>)[step];
    }
    return offset;
  }
}

function startOf(node: unknown, fallback: number): number {
  const range = (node as { range?: readonly number[] | null } | null)?.range;
  return range?.[0] ?? fallback;
}

/** Integers are read as bigint so that none is rounded; those a number holds exactly become numbers. */
function plainScalar(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
