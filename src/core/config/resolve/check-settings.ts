import type { DomainInput } from '../model/domain-model.ts';
import type { EnvironmentInput, PlatformInput } from '../model/settings-model.ts';
import type { ConfigFile } from '../source/config-file.ts';
import type { ConfigPath } from '../source/config-issue.ts';
import { checkSecrets, checkSecretTemplates } from './check-secrets.ts';
import { mergeDomainSettings } from './domain-settings.ts';
import { mergeSettings } from './resolve-environment.ts';
import { replicationProblem, validationProblem } from './resolve-kafka.ts';
import { orphanAgeProblem } from './resolve-maintenance.ts';

type SettingsFile = Pick<ConfigFile<unknown>, 'report'>;

/** A rule about settings of several sections that only their merged values show. */
interface SettingsRule {
  /** Keys to correct, the likeliest first; an issue goes to the strongest file that sets one of them. */
  readonly keys: readonly ConfigPath[];
  /** What is wrong, or null; `where` names environment and domain. */
  problem(settings: PlatformInput, where: string): string | null;
}

const RETENTION: ConfigPath = ['stream', 'retention'];
const MS_PER_HOUR = 3_600_000;

const RULES: readonly SettingsRule[] = [
  {
    keys: [['writer', 'max_record_age'], RETENTION],
    problem({ writer, stream }, where) {
      // A record that outlives the buffer's retention is gone before it can reach the dead letters.
      if (writer.max_record_age < stream.retention) return null;
      return `expected max_record_age below the retention of the stream in ${where} (${inHours(stream.retention)}), got ${inHours(writer.max_record_age)}; records would expire before they reach the dead letters`;
    },
  },
  {
    keys: [['alarms', 'iterator_age'], RETENTION],
    problem({ alarms, stream }, where) {
      // The second alarm comes at a quarter of the retention, so the first one has to come before.
      const quarter = stream.retention / 4;
      if (alarms.iterator_age < quarter) return null;
      return `expected iterator_age below a quarter of the retention of the stream in ${where} (${inHours(quarter)}), got ${inHours(alarms.iterator_age)}; the alarm would leave too little time before events are lost`;
    },
  },
  {
    keys: [
      ['kafka', 'replication'],
      ['kafka', 'min_insync'],
      ['kafka_cluster', 'zones'],
    ],
    problem({ kafka, kafka_cluster, removal_policy }, where) {
      const isThrowAway = removal_policy === 'destroy';
      return replicationProblem(kafka, { zones: kafka_cluster.zones, isThrowAway, where });
    },
  },
  {
    keys: [['maintenance', 'orphan_age'], RETENTION],
    problem({ maintenance, stream }, where) {
      return orphanAgeProblem(maintenance.orphan_age, { retentionMs: stream.retention, where });
    },
  },
  {
    keys: [['kafka', 'validate'], ['kafka', 'pollers'], ['schema_registry']],
    problem({ kafka, schema_registry = 'none' }, where) {
      const registry = schema_registry === 'none' ? 'none' : schema_registry.kind;
      return validationProblem(kafka, { registry, where });
    },
  },
];

function inHours(ms: number): string {
  return `${ms / MS_PER_HOUR}h`;
}

interface SettingsFiles {
  readonly platform: ConfigFile<PlatformInput>;
  readonly environments: readonly ConfigFile<EnvironmentInput>[];
  readonly domains: readonly ConfigFile<DomainInput>[];
}

/**
 * Checks what only merged settings show, for every environment and for every domain that overrides
 * something in it: a broken prod is found on the laptop. An issue goes to the strongest file that sets one
 * of the values, at that value.
 */
export function checkSettings(files: SettingsFiles): void {
  const { platform, environments, domains } = files;
  for (const { value, report: reporter } of [platform, ...environments]) {
    const { secrets: _secrets, ...texts } = value;
    checkSecretTemplates(texts, [], reporter);
  }
  for (const environment of environments) {
    const settings = mergeSettings(platform.value, environment.value);
    const where = `environment "${environment.name}"`;
    for (const rule of RULES) {
      report(rule, rule.problem(settings, where), [environment, platform]);
    }
    const scope = { platform: settings.name, environment: environment.name };
    checkSecrets(settings.secrets, scope, (path, message) => {
      reportDeepest(path, message, [environment, platform]);
    });
  }
  for (const domain of domains) checkDomain(domain, files);
}

/** Rules that a domain's own values are part of; the first environment they break in is named. */
function checkDomain(
  domain: ConfigFile<DomainInput>,
  { platform, environments }: SettingsFiles,
): void {
  for (const rule of RULES.filter((each) => sets(domain, each))) {
    const problems = environments.flatMap((environment) => {
      const settings = mergeSettings(platform.value, environment.value);
      const merged = { ...settings, ...mergeDomainSettings(settings, domain.value) };
      const where = `environment "${environment.name}" of domain "${domain.name}"`;
      return rule.problem(merged, where) ?? [];
    });
    report(rule, problems[0] ?? null, [domain]);
  }
}

function sets(file: SettingsFile, rule: SettingsRule): boolean {
  return rule.keys.some((key) => file.report.has(key));
}

/** `files` are those that may set the values, the strongest first. */
function report(rule: SettingsRule, problem: string | null, files: readonly SettingsFile[]): void {
  if (problem === null) return;
  const owner = files.find((file) => sets(file, rule));
  const key = rule.keys.find((candidate) => owner?.report.has(candidate));
  if (owner !== undefined && key !== undefined) owner.report.at(key, problem);
}

/** What is missing is reported to the file that has most of the keys above it, the strongest of equals. */
function reportDeepest(path: ConfigPath, message: string, files: readonly SettingsFile[]): void {
  for (let length = path.length; length > 0; length--) {
    const owner = files.find((file) => file.report.has(path.slice(0, length)));
    if (owner === undefined) continue;
    owner.report.at(path, message);
    return;
  }
}
