import type { ConfigIssue, ConfigPath } from './config-issue.ts';
import type { YamlSource } from './yaml-source.ts';

/** Collects what later checks find wrong with one file. */
export interface Reporter {
  /** An issue at the value of a path. */
  at(path: ConfigPath, message: string): void;
  /** An issue at the key of a path: the name itself is wrong. */
  atKey(path: ConfigPath, message: string): void;
  /** True when the file has something at the path, valid or not: a reference to it is no error of its own. */
  has(path: ConfigPath): boolean;
  /** Keys of the mapping at a path as they stand in the file, valid or not. */
  keysAt(path: ConfigPath): readonly string[];
}

/** Stays silent about values that `invalidPaths` already report, so that one mistake gives one issue. */
export function createReporter(
  source: YamlSource,
  invalidPaths: readonly ConfigPath[],
  issues: ConfigIssue[],
): Reporter {
  const isReported = (path: ConfigPath) =>
    invalidPaths.some((invalid) => invalid.every((step, index) => step === path[index]));
  const push = (issue: ConfigIssue) => {
    const known = issues.some(
      (other) =>
        other.file === issue.file && other.path === issue.path && other.message === issue.message,
    );
    if (!known) issues.push(issue);
  };
  return {
    at: (path, message) => {
      if (!isReported(path)) push(source.issueAt(path, message));
    },
    atKey: (path, message) => {
      if (!isReported(path)) push(source.issueAtKey(path, message));
    },
    has: (path) => valueAt(source.value, path) !== undefined,
    keysAt: (path) => {
      const value = valueAt(source.value, path);
      return typeof value === 'object' && value !== null ? Object.keys(value) : [];
    },
  };
}

/** The value at a path of own keys; undefined when there is none. */
export function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) {
      return undefined;
    }
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
