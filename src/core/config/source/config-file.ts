import type { ConfigIssue } from './config-issue.ts';
import { type FileModel, readModel } from './model-issues.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

/** A file read against its model. */
export interface ConfigFile<T> {
  readonly path: string;
  /** Name in the path: `market` of domains/market.yaml. */
  readonly name: string;
  readonly value: T;
  readonly report: Reporter;
  /** Values as they are written, and where they stand. */
  readonly source: YamlSource;
}

/** Reads one file; null when nothing of it can be used. What is wrong is added to `issues`. */
export function readConfigFile<T>(
  file: { readonly path: string; readonly name: string; readonly text: string },
  model: FileModel<T>,
  issues: ConfigIssue[],
): ConfigFile<T> | null {
  const yaml = readYaml(file.path, file.text);
  issues.push(...yaml.issues);
  if (yaml.source === null) return null;
  const reading = readModel(yaml.source, model);
  issues.push(...reading.issues);
  if (reading.value === null) return null;
  const report = createReporter(yaml.source, reading.invalidPaths, issues);
  return { path: file.path, name: file.name, value: reading.value, report, source: yaml.source };
}

/** What a path means; null for a path that means nothing. */
export type ConfigFileKind = 'platform' | 'environment' | 'category' | 'domain';

const PATH_PATTERNS: readonly (readonly [ConfigFileKind, RegExp])[] = [
  ['platform', /^config\/(platform)\.yaml$/],
  ['environment', /^config\/environments\/([^/]+)\.yaml$/],
  ['category', /^config\/categories\/([^/]+)\.yaml$/],
  ['domain', /^domains\/([^/]+)\.yaml$/],
];

export const KNOWN_PATHS =
  'config/platform.yaml, config/environments/<name>.yaml, config/categories/<name>.yaml or domains/<name>.yaml';

export function classifyPath(
  path: string,
): { readonly kind: ConfigFileKind; readonly name: string } | null {
  for (const [kind, pattern] of PATH_PATTERNS) {
    const name = pattern.exec(path)?.[1];
    if (name !== undefined) return { kind, name };
  }
  return null;
}
