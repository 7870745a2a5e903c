import type { Domain, Project } from '../config/project.ts';
import { placeOfSecret, type SecretPlace } from './secret-settings.ts';
import { readTemplate } from './secret-template.ts';

/** A place in the configuration that names a secret. */
export interface UsedSecret {
  readonly name: string;
  /** Keys from where the search began, with the names of things that have one: `connectors.poll_prices.auth.value`. */
  readonly path: string;
}

/** Every `${secret:name}` in the texts of a value, at any depth, in order. */
export function secretsIn(value: unknown, path = ''): readonly UsedSecret[] {
  if (typeof value === 'string') {
    const reading = readTemplate(value);
    if (!reading.ok) return [];
    return reading.template.flatMap((part) =>
      part.kind === 'secret' ? [{ name: part.name, path }] : [],
    );
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const step = Array.isArray(value) ? (nameIn(item) ?? key) : key;
    return secretsIn(item, path === '' ? step : `${path}.${step}`);
  });
}

function nameIn(item: unknown): string | null {
  const name = typeof item === 'object' && item !== null && 'name' in item ? item.name : null;
  return typeof name === 'string' ? name : null;
}

/** Secrets that a domain's configuration names: all of it but its streams, whose texts are expressions and descriptions. */
export function usedSecrets(domain: Domain): readonly UsedSecret[] {
  const { streams: _streams, description: _description, ...rest } = domain;
  return secretsIn(rest);
}

/** The names alone, each once. */
export function namesOf(used: readonly UsedSecret[]): readonly string[] {
  return [...new Set(used.map(({ name }) => name))];
}

/** A secret of a whole project, where it is, and what uses it. */
export interface ProjectSecret extends SecretPlace {
  readonly name: string;
  /** `domain market connectors.poll_prices.auth.value` */
  readonly usedBy: readonly string[];
}

/** Every secret that a project uses in its environment, those that log in to Vault among them, by name. */
export function projectSecrets(project: Project): readonly ProjectSecret[] {
  const { secrets: settings, ...environment } = project.environment;
  const used = [
    ...secretsIn(environment).map((each) => ({ ...each, path: `environment ${each.path}` })),
    ...project.domains.flatMap((domain) =>
      usedSecrets(domain).map((each) => ({ ...each, path: `domain ${domain.name} ${each.path}` })),
    ),
  ];
  const usesVault = used.some(({ name }) => placeOfSecret(settings, name).backend === 'vault');
  const logins = usesVault ? secretsIn(settings.vault?.auth, 'secrets.vault.auth') : [];
  const all = [...used, ...logins];
  return [...namesOf(all)].sort().map((name) => ({
    name,
    ...placeOfSecret(settings, name),
    usedBy: all.filter((each) => each.name === name).map(({ path }) => path),
  }));
}
