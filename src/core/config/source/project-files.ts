import type { TextFile } from '#core/schema/schema-files.ts';
import { FILE_MODELS, type FileInputs } from '../model/file-models.ts';
import { CATEGORY_PATTERN, MAX_ENVIRONMENT_NAME } from '../model/name-model.ts';
import {
  type ConfigFile,
  type ConfigFileKind,
  classifyPath,
  KNOWN_PATHS,
  readConfigFile,
} from './config-file.ts';
import { type ConfigIssue, quote } from './config-issue.ts';
import { nearestName } from './nearest-name.ts';

/** Files of one kind. */
export interface FilesOf<K extends ConfigFileKind> {
  /** Those of which something can be used. */
  readonly files: readonly ConfigFile<FileInputs[K]>[];
  /** Names of all of them, usable or not: a reference to an unusable one is no error of its own. */
  readonly names: readonly string[];
}

/** Every configuration file, read against the model of its kind. */
export type ProjectFiles = { readonly [K in ConfigFileKind]: FilesOf<K> };

/** Reads every file; what is wrong is added to `issues`. */
export function readProjectFiles(files: readonly TextFile[], issues: ConfigIssue[]): ProjectFiles {
  const named = nameFiles(files, issues);
  const read = <K extends ConfigFileKind>(kind: K): FilesOf<K> => {
    const ofKind = named.filter((file) => file.kind === kind);
    return {
      files: ofKind.flatMap((file) => readConfigFile(file, FILE_MODELS[kind], issues) ?? []),
      names: ofKind.map((file) => file.name),
    };
  };
  const project: ProjectFiles = {
    platform: read('platform'),
    environment: read('environment'),
    category: read('category'),
    domain: read('domain'),
  };
  if (project.platform.names.length === 0) {
    issues.push(fileIssue('config/platform.yaml', 'expected the file, got nothing; create it'));
  }
  if (project.domain.names.length === 0) {
    issues.push(fileIssue('domains', 'expected at least one file <name>.yaml, got none'));
  }
  return project;
}

interface NamedFile extends TextFile {
  readonly name: string;
  readonly kind: ConfigFileKind;
}

function nameFiles(files: readonly TextFile[], issues: ConfigIssue[]): readonly NamedFile[] {
  const seen = new Set<string>();
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return sorted.flatMap((file): NamedFile[] => {
    const classified = classifyPath(file.path);
    const problem =
      classified === null
        ? unknownPath(file.path)
        : seen.has(file.path)
          ? 'expected the file once, got it twice'
          : fileNameProblem(classified.kind, classified.name);
    seen.add(file.path);
    if (problem !== null) issues.push(fileIssue(file.path, problem));
    return classified === null ? [] : [{ ...file, ...classified }];
  });
}

function unknownPath(path: string): string {
  const nearest = nearestName(path, ['config/platform.yaml', path.replace(/\.yml$/, '.yaml')]);
  const hint = nearest === null ? '' : `; did you mean ${quote(nearest)}?`;
  return `expected ${KNOWN_PATHS}, got ${quote(path)}${hint}`;
}

/** Environments have no underscore: `<env>_<domain>_bronze` has to be read back without doubt. */
function fileNameProblem(kind: ConfigFileKind, name: string): string | null {
  if (kind === 'environment') {
    const valid = /^[a-z][a-z0-9]*$/.test(name) && name.length <= MAX_ENVIRONMENT_NAME;
    return valid
      ? null
      : `expected an environment name of at most ${MAX_ENVIRONMENT_NAME} lower-case letters and digits, got ${quote(name)}`;
  }
  if (kind !== 'category' || CATEGORY_PATTERN.test(name)) return null;
  return `expected a file name such as market.tick.yaml, got ${quote(`${name}.yaml`)}`;
}

/** An issue of a whole file. */
export function fileIssue(file: string, message: string): ConfigIssue {
  return { file, line: 1, column: 1, path: '', message };
}

/** The name inside a file is that of the file, so that one guess finds it. */
export function checkNameInside(file: ConfigFile<unknown>, key: string, name: string): void {
  if (name === file.name) return;
  file.report.at([key], `expected ${quote(file.name)}, the name of the file, got ${quote(name)}`);
}
