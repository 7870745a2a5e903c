import type { TextFile } from '#core/schema/schema-files.ts';
import type { ConfigChecks } from './check-expression.ts';
import type { EnvironmentInput, PlatformInput } from './model/settings-model.ts';
import { collectOrigins } from './origin/collect-origins.ts';
import type { ConfigOrigins } from './origin/origin.ts';
import type { Project } from './project.ts';
import { resolveCategories } from './read-categories.ts';
import { CHECK_ONLY_SETTINGS } from './resolve/check-only-settings.ts';
import { checkSettings } from './resolve/check-settings.ts';
import { deepFreeze } from './resolve/merge-layers.ts';
import { resolveDomain } from './resolve/resolve-domain.ts';
import { mergeSettings, resolveEnvironment } from './resolve/resolve-environment.ts';
import type { ConfigFile } from './source/config-file.ts';
import { type ConfigIssue, compareIssues } from './source/config-issue.ts';
import { unknownName } from './source/nearest-name.ts';
import { fileIssue, type ProjectFiles, readProjectFiles } from './source/project-files.ts';

export type ProjectReading =
  | { readonly ok: true; readonly project: Project; readonly origins: ConfigOrigins }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] };

/**
 * Parses every configuration file and resolves one environment: platform < environment < domain.
 * Pure; reports every problem of every file at once, sorted by place; project and origins are deeply frozen.
 */
export function parseProject(
  files: readonly TextFile[],
  environmentName: string,
  checks: ConfigChecks = {},
): ProjectReading {
  const issues: ConfigIssue[] = [];
  const read = readProjectFiles(files, issues);
  const environment = findEnvironment(environmentName, read, issues);
  const platform: ConfigFile<PlatformInput> | undefined = read.platform.files[0];
  if (platform !== undefined) {
    const { files: environments } = read.environment;
    checkSettings({ platform, environments, domains: read.domain.files });
  }
  const settings =
    platform === undefined
      ? CHECK_ONLY_SETTINGS
      : mergeSettings(platform.value, environment?.value ?? {});
  const categories = resolveCategories(read.category);
  const categoryNames = read.category.names;
  const environmentNames = read.environment.names;
  const domains = read.domain.files.map((file) =>
    resolveDomain(file, { categories, categoryNames, environmentNames, settings, checks }),
  );
  if (issues.length > 0 || environment === null || platform === undefined) {
    return { ok: false, issues: issues.sort(compareIssues) };
  }
  const project: Project = {
    platform: { name: settings.name },
    environment: resolveEnvironment(environmentName, settings, environment.value),
    domains: domains.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  const origins = collectOrigins({
    platform,
    environment,
    domains: read.domain.files,
    categories: read.category.files,
  });
  return { ok: true, project: deepFreeze(project), origins: deepFreeze(origins) };
}

function findEnvironment(
  name: string,
  { environment }: ProjectFiles,
  issues: ConfigIssue[],
): ConfigFile<EnvironmentInput> | null {
  if (!environment.names.includes(name)) {
    const file = `config/environments/${name}.yaml`;
    issues.push(fileIssue(file, `no such environment: ${unknownName(name, environment.names)}`));
  }
  return environment.files.find((candidate) => candidate.name === name) ?? null;
}
