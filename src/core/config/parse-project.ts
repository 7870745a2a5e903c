import type { TextFile } from '#core/schema/schema-files.ts';
import { tableNameProblem } from './athena-name.ts';
import type { Category } from './category.ts';
import type { ConfigChecks } from './check-expression.ts';
import {
  type CategoryInput,
  categoryModel,
  incompleteCategoryModel,
} from './model/category-model.ts';
import {
  DOMAIN_NOT_SUPPORTED,
  type DomainInput,
  domainModel,
  incompleteDomainModel,
} from './model/domain-model.ts';
import { CATEGORY_PATTERN, MAX_ENVIRONMENT_NAME } from './model/name-model.ts';
import {
  type EnvironmentInput,
  environmentModel,
  type PlatformInput,
  platformModel,
  SETTINGS_NOT_SUPPORTED,
} from './model/settings-model.ts';
import type { Domain, Project } from './project.ts';
import { checkDedupe } from './resolve/check-dedupe.ts';
import { deepFreeze } from './resolve/merge-layers.ts';
import { resolveCategory } from './resolve/resolve-category.ts';
import { resolveConnectors } from './resolve/resolve-connectors.ts';
import { checkSettings, mergeSettings, resolveEnvironment } from './resolve/resolve-environment.ts';
import { resolveStream, type StreamContext } from './resolve/resolve-stream.ts';
import {
  type ConfigFile,
  type ConfigFileKind,
  classifyPath,
  KNOWN_PATHS,
  readConfigFile,
} from './source/config-file.ts';
import { type ConfigIssue, compareIssues, quote } from './source/config-issue.ts';
import type { FileModel } from './source/model-issues.ts';
import { nearestName, unknownName } from './source/nearest-name.ts';

export type ProjectReading =
  | { readonly ok: true; readonly project: Project }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] };

/**
 * Parses every configuration file and resolves one environment: platform < environment < domain.
 * Pure; reports every problem of every file at once, sorted by place; the project is deeply frozen.
 */
export function parseProject(
  files: readonly TextFile[],
  environmentName: string,
  checks: ConfigChecks = {},
): ProjectReading {
  const issues: ConfigIssue[] = [];
  const sources = readSources(files, issues);
  const environment = findEnvironment(environmentName, sources, issues);
  checkEnvironments(sources);
  const categories = readCategories(sources);
  const settings =
    sources.platform === null
      ? null
      : mergeSettings(sources.platform.value, environment?.value ?? {});
  const domains = sources.domains.map((file) =>
    resolveDomain(file, {
      categories,
      categoryNames: sources.categoryNames,
      defaults: settings?.defaults ?? CHECK_ONLY_DEFAULTS,
      writerMemoryBytes: settings?.writer.memory ?? Number.POSITIVE_INFINITY,
      checks,
    }),
  );
  if (issues.length > 0 || settings === null || environment === null) {
    return { ok: false, issues: issues.sort(compareIssues) };
  }
  const project: Project = {
    platform: { name: settings.name },
    environment: resolveEnvironment(environmentName, settings, environment.value),
    domains: domains.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  return { ok: true, project: deepFreeze(project) };
}

const PLATFORM_FILE: FileModel<PlatformInput> = {
  schema: platformModel,
  incomplete: platformModel,
  notSupported: SETTINGS_NOT_SUPPORTED,
};
const ENVIRONMENT_FILE: FileModel<EnvironmentInput> = {
  schema: environmentModel,
  incomplete: environmentModel,
  notSupported: SETTINGS_NOT_SUPPORTED,
};
const CATEGORY_FILE: FileModel<CategoryInput> = {
  schema: categoryModel,
  incomplete: incompleteCategoryModel,
  notSupported: { keys: [], values: [] },
};
const DOMAIN_FILE: FileModel<DomainInput> = {
  schema: domainModel,
  incomplete: incompleteDomainModel,
  notSupported: DOMAIN_NOT_SUPPORTED,
};

interface Sources {
  readonly platform: ConfigFile<PlatformInput> | null;
  readonly environments: readonly ConfigFile<EnvironmentInput>[];
  readonly environmentNames: readonly string[];
  readonly categories: readonly ConfigFile<CategoryInput>[];
  readonly categoryNames: readonly string[];
  readonly domains: readonly ConfigFile<DomainInput>[];
}

interface NamedFile extends TextFile {
  readonly name: string;
  readonly kind: ConfigFileKind;
}

function readSources(files: readonly TextFile[], issues: ConfigIssue[]): Sources {
  const named = nameFiles(files, issues);
  const ofKind = (kind: ConfigFileKind) => named.filter((file) => file.kind === kind);
  const [platformFile] = ofKind('platform');
  if (platformFile === undefined) {
    issues.push(fileIssue('config/platform.yaml', 'expected the file, got nothing; create it'));
  }
  if (ofKind('domain').length === 0) {
    issues.push(fileIssue('domains', 'expected at least one file <name>.yaml, got none'));
  }
  return {
    platform:
      platformFile === undefined ? null : readConfigFile(platformFile, PLATFORM_FILE, issues),
    environments: ofKind('environment').flatMap(
      (file) => readConfigFile(file, ENVIRONMENT_FILE, issues) ?? [],
    ),
    environmentNames: ofKind('environment').map((file) => file.name),
    categories: ofKind('category').flatMap(
      (file) => readConfigFile(file, CATEGORY_FILE, issues) ?? [],
    ),
    categoryNames: ofKind('category').map((file) => file.name),
    domains: ofKind('domain').flatMap((file) => readConfigFile(file, DOMAIN_FILE, issues) ?? []),
  };
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

function findEnvironment(
  name: string,
  sources: Sources,
  issues: ConfigIssue[],
): ConfigFile<EnvironmentInput> | null {
  if (!sources.environmentNames.includes(name)) {
    const file = `config/environments/${name}.yaml`;
    issues.push(
      fileIssue(file, `no such environment: ${unknownName(name, sources.environmentNames)}`),
    );
  }
  return sources.environments.find((environment) => environment.name === name) ?? null;
}

/** Every environment is checked, not only the one in use: a broken prod is found on the laptop. */
function checkEnvironments({ platform, environments }: Sources): void {
  if (platform === null) return;
  for (const environment of environments) {
    checkSettings(mergeSettings(platform.value, environment.value), environment, platform);
  }
}

function readCategories({ categories }: Sources): ReadonlyMap<string, Category> {
  return new Map(
    categories.map((file) => {
      reportName(file, 'category', file.value.category ?? file.name);
      return [file.name, resolveCategory(file.name, file.value, file.report)];
    }),
  );
}

type DomainContext = Omit<StreamContext, 'domain' | 'report'> & {
  readonly writerMemoryBytes: number;
};

function resolveDomain(file: ConfigFile<DomainInput>, context: DomainContext): Domain {
  const { value, report } = file;
  const name = value.domain ?? file.name;
  reportName(file, 'domain', name);
  const problem = tableNameProblem(name);
  if (problem !== null) report.at(['domain'], problem);
  if (report.keysAt(['streams']).length === 0) {
    report.at(['streams'], 'expected at least one stream, got nothing');
  }
  const streams = Object.entries(value.streams ?? {}).map(([stream, input]) =>
    resolveStream(stream, input, { ...context, domain: name, report }),
  );
  checkDedupe(streams, { memoryBytes: context.writerMemoryBytes, report });
  return {
    name,
    description: value.description ?? '',
    owner: value.owner ?? '',
    buffer: value.buffer ?? context.defaults.buffer,
    topics: value.topics ?? context.defaults.topics,
    streams,
    connectors: resolveConnectors(value.connectors ?? {}, report),
  };
}

/** The name inside a file is that of the file, so that one guess finds it. */
function reportName(file: ConfigFile<unknown>, key: string, name: string): void {
  if (name === file.name) return;
  file.report.at([key], `expected ${quote(file.name)}, the name of the file, got ${quote(name)}`);
}

function fileIssue(file: string, message: string): ConfigIssue {
  return { file, line: 1, column: 1, path: '', message };
}

/** Lets domains be checked while platform.yaml is unusable; never part of a project. */
const CHECK_ONLY_DEFAULTS: PlatformInput['defaults'] = {
  buffer: 'kinesis',
  topics: 'domain',
  watermark: { delay: 0, idle: 60_000, max_future_skew: 0 },
  rate: { expected: 1, bytes: 100 },
  partition: { bronze: [] },
};
