import { tableNameProblem } from '../athena-name.ts';
import type { Category } from '../category.ts';
import type { ConfigChecks } from '../check-expression.ts';
import type { DomainInput } from '../model/domain-model.ts';
import type { PlatformInput } from '../model/settings-model.ts';
import type { Domain } from '../project.ts';
import type { ConfigFile } from '../source/config-file.ts';
import { checkNameInside } from '../source/project-files.ts';
import { checkDedupe } from './check-dedupe.ts';
import { checkSecretTemplates } from './check-secrets.ts';
import { mergeDomainSettings, resolveDomainSettings } from './domain-settings.ts';
import { mergeLayers } from './merge-layers.ts';
import { resolveConnectors } from './resolve-connectors.ts';
import { resolveFiles } from './resolve-files.ts';
import { resolveStream } from './resolve-stream.ts';

export interface DomainContext {
  readonly categories: ReadonlyMap<string, Category>;
  /** Names of all category files, valid or not. */
  readonly categoryNames: readonly string[];
  readonly environmentNames: readonly string[];
  /** Platform and environment, already merged. */
  readonly settings: PlatformInput;
  readonly checks: ConfigChecks;
}

/** Resolves one domain. Every problem is reported; the result is only used when there is none. */
export function resolveDomain(file: ConfigFile<DomainInput>, context: DomainContext): Domain {
  const { value, report } = file;
  const { settings, categories, categoryNames, environmentNames, checks } = context;
  const name = value.domain ?? file.name;
  checkNameInside(file, 'domain', name);
  const problem = tableNameProblem(name);
  if (problem !== null) report.at(['domain'], problem);
  if (report.keysAt(['streams']).length === 0) {
    report.at(['streams'], 'expected at least one stream, got nothing');
  }
  const defaults = mergeLayers(settings.defaults, value.defaults);
  const streams = Object.entries(value.streams ?? {}).map(([stream, input]) =>
    resolveStream(stream, input, {
      domain: name,
      categories,
      categoryNames,
      defaults,
      checks,
      report,
    }),
  );
  const merged = mergeDomainSettings(settings, value);
  checkDedupe(streams, { memoryBytes: merged.writer.memory, report });
  checkSecretTemplates(value.connectors ?? {}, ['connectors'], report);
  return {
    name,
    description: value.description ?? '',
    owner: value.owner ?? '',
    buffer: value.buffer ?? defaults.buffer,
    topics: value.topics ?? defaults.topics,
    ...resolveDomainSettings(merged),
    streams,
    connectors: resolveConnectors(value.connectors ?? {}, {
      streams,
      environmentNames,
      compileJsonPath: checks.compileJsonPath,
      report,
    }),
    files: resolveFiles(value.files ?? {}, { domain: name, streams, report }),
  };
}
