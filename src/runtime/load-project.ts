import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileJsonPath } from '#adapters/jsonpath/compile-json-path.ts';
import { formatRefusal, generateSchemas } from '#app/generate-schemas.ts';
import type { Category } from '#core/config/category.ts';
import type { ConfigOrigins } from '#core/config/origin/origin.ts';
import { parseProject } from '#core/config/parse-project.ts';
import type { Project } from '#core/config/project.ts';
import { readCategories } from '#core/config/read-categories.ts';
import { formatIssue } from '#core/config/source/config-issue.ts';
import { SluiceError } from '#core/errors.ts';
import type { Registry } from '#core/schema/registry.ts';
import { readRegistry, type TextFile } from '#core/schema/schema-files.ts';
import { loadExpressionChecks } from './load-extensions.ts';

export interface LoadOptions {
  /** Folder that holds config/, domains/ and schemas/. */
  readonly root: string;
  /** Name of a file in config/environments. */
  readonly environment: string;
}

export interface LoadedConfig {
  readonly project: Project;
  /** Every resolved value, as it is written, and where. */
  readonly origins: ConfigOrigins;
  /** Every file under schemas/, for `generate`. */
  readonly schemaFiles: readonly TextFile[];
}

export interface LoadedProject {
  readonly project: Project;
  /** Avro schemas by version and id, mapping versions, table shapes and migrations of every stream. */
  readonly registry: Registry;
}

/**
 * Reads a project and its generated schemas, which have to be up to date.
 * Throws CONFIG_INVALID whose message lists every issue, one per line.
 */
export function loadProject(options: LoadOptions): LoadedProject {
  const { project, schemaFiles } = loadConfig(options);
  const generated = generateSchemas({ project, files: schemaFiles });
  const problems = [
    ...generated.refused.map(formatRefusal),
    ...generated.writes.map(
      (file) => `${file.path}: is not up to date; run "npm run generate" and commit it`,
    ),
  ];
  if (problems.length > 0) throw invalidConfig(problems);
  const reading = readRegistry(schemaFiles);
  if (!reading.ok)
    throw invalidConfig(reading.issues.map(({ file, message }) => `${file}: ${message}`));
  return { project, registry: reading.registry };
}

/** Reads a project whose schemas may still have to be generated. Throws CONFIG_INVALID as loadProject. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const reader = new ProjectReader(options.root);
  const configFiles = readConfigFiles(reader);
  const schemaFiles = reader.readFolder('schemas', isSchemaFile, { recursive: true });
  const reading = parseProject(configFiles, options.environment, {
    ...loadExpressionChecks(),
    compileJsonPath,
  });
  const problems = [...reader.problems, ...(reading.ok ? [] : reading.issues.map(formatIssue))];
  if (problems.length > 0 || !reading.ok) throw invalidConfig(problems);
  return { project: reading.project, origins: reading.origins, schemaFiles };
}

function readConfigFiles(reader: ProjectReader): readonly TextFile[] {
  return [
    ...reader.readFolder('config', isYaml, { recursive: true }),
    // Below a domain's own folder stand its SQL files, which are read where they are used.
    ...reader.readFolder('domains', isYaml, { recursive: false }),
  ];
}

/** The categories of a project by name, whatever state its domains are in. Throws CONFIG_INVALID when one is broken. */
export function loadCategories(root: string): ReadonlyMap<string, Category> {
  const reader = new ProjectReader(root);
  const { categories, issues } = readCategories(readConfigFiles(reader));
  if (issues.length > 0) throw invalidConfig(issues.map(formatIssue));
  return categories;
}

function invalidConfig(problems: readonly string[]): SluiceError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new SluiceError(
    'CONFIG_INVALID',
    `the configuration has ${count}; correct and run again\n${problems.join('\n')}`,
    { context: { problems: problems.length } },
  );
}

function isYaml(name: string): boolean {
  return name.endsWith('.yaml') || name.endsWith('.yml');
}

function isSchemaFile(name: string): boolean {
  return name.endsWith('.json') || name.endsWith('.avsc');
}

/** Reads text files below a root; what cannot be read becomes a problem, a missing folder is empty. */
class ProjectReader {
  readonly problems: string[] = [];
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  readFolder(
    folder: string,
    accepts: (name: string) => boolean,
    options: { readonly recursive: boolean },
  ): readonly TextFile[] {
    return this.#entriesOf(folder).flatMap((name): readonly TextFile[] => {
      const path = `${folder}/${name}`;
      const isFolder = lstatSync(join(this.#root, path)).isDirectory();
      if (isFolder) return options.recursive ? this.readFolder(path, accepts, options) : [];
      if (!accepts(name)) return [];
      const text = this.#readText(path);
      return text === null ? [] : [{ path, text }];
    });
  }

  #entriesOf(folder: string): readonly string[] {
    try {
      return readdirSync(join(this.#root, folder)).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  #readText(path: string): string | null {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(join(this.#root, path)));
    } catch (error) {
      if (error instanceof TypeError) this.problems.push(`${path}:1:1: expected UTF-8 text`);
      else this.problems.push(`${path}:1:1: expected a readable file, got ${codeOf(error)}`);
      return null;
    }
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
}
