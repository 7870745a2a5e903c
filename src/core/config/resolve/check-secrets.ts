import {
  defaultPath,
  placeOfSecret,
  type SecretBackendKind,
  type SecretSettings,
} from '../../secret/secret-settings.ts';
import { readTemplate } from '../../secret/secret-template.ts';
import type { SecretsInput } from '../model/secrets-model.ts';
import { type ConfigPath, quote } from '../source/config-issue.ts';
import type { Reporter } from '../source/reporter.ts';
import { resolveSecrets } from './resolve-secrets.ts';

/** Reports at a path of whichever file sets it. */
export type ReportAt = (path: ConfigPath, message: string) => void;

/** Checks `secrets:` as an environment has it. What secrets hold is not looked at here, nor whether they exist. */
export function checkSecrets(
  input: SecretsInput | undefined,
  scope: { readonly platform: string; readonly environment: string },
  report: ReportAt,
): void {
  if (input === undefined) return;
  const settings = resolveSecrets(input, scope);
  if (settings.backend === 'local' && scope.environment !== LOCAL_ENVIRONMENT) {
    report(['secrets', 'backend'], NOT_ON_A_LAPTOP);
  }
  const prefixProblem = pathProblem(settings.backend, defaultPath(settings, 'name'));
  if (prefixProblem !== null) report(['secrets', 'prefix'], prefixProblem);
  for (const [name, place] of Object.entries(settings.named)) {
    const path: ConfigPath = ['secrets', 'named', name];
    const problem = pathProblem(place.backend, place.path);
    if (problem !== null) report([...path, 'path'], problem);
    const written = input.named?.[name];
    if (written?.key !== undefined && !HAS_KEYS.has(place.backend)) {
      report([...path, 'key'], `expected no key: ${place.backend} keeps one value per secret`);
    }
    if (written?.version !== undefined && !HAS_VERSIONS.has(place.backend)) {
      report([...path, 'version'], `expected no version: ${place.backend} gives the newest only`);
    }
    if (place.backend === 'local' && scope.environment !== LOCAL_ENVIRONMENT) {
      report([...path, 'backend'], NOT_ON_A_LAPTOP);
    }
  }
  checkVault(input, settings, report);
}

/** The one environment whose functions run on a developer's machine. */
const LOCAL_ENVIRONMENT = 'local';
const NOT_ON_A_LAPTOP =
  'expected a backend that functions in AWS can reach, got "local": variables and files of a laptop are not there';

const HAS_KEYS: ReadonlySet<SecretBackendKind> = new Set(['vault', 'secretsmanager']);
const HAS_VERSIONS: ReadonlySet<SecretBackendKind> = new Set(['vault', 'ssm']);

/**
 * What a path may be, by backend. Sources: Secrets Manager, CreateSecret, Name; Systems Manager, PutParameter, Name;
 * POSIX, names of environment variables. An ARN is taken as it is.
 */
const PATHS: Readonly<Record<SecretBackendKind, { pattern: RegExp; expected: string }>> = {
  local: { pattern: /^[a-z][a-z0-9_]{0,63}$/, expected: 'the name of a secret' },
  env: { pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, expected: 'the name of an environment variable' },
  file: {
    pattern: /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[\w.-]+(?:\/[\w.-]+)*$/,
    expected: 'a path below the folder such as prices/api_key',
  },
  vault: {
    pattern: /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[\w.@-]+(?:\/[\w.@-]+)+$/,
    expected: 'a path that begins with its engine, such as kv/prices',
  },
  secretsmanager: {
    pattern:
      /^(?:[\w/+=.@-]{1,512}|arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+)$/,
    expected: 'a name of letters, digits and /_+=.@- or an ARN',
  },
  ssm: {
    pattern:
      /^(?:[\w.-]{1,1011}|(?:\/[\w.-]+)+|arn:aws[\w-]*:ssm:[\w-]+:\d{12}:parameter\/[\w./-]+)$/,
    expected: 'a name such as /sluice/prod/api_key or an ARN',
  },
};

function pathProblem(backend: SecretBackendKind, path: string): string | null {
  const { pattern, expected } = PATHS[backend];
  return pattern.test(path) ? null : `expected ${expected} for ${backend}, got ${quote(path)}`;
}

function checkVault(input: SecretsInput, settings: SecretSettings, report: ReportAt): void {
  const isUsed =
    settings.backend === 'vault' ||
    Object.values(settings.named).some(({ backend }) => backend === 'vault');
  if (isUsed && input.vault?.address === undefined) {
    report(
      ['secrets', 'vault', 'address'],
      'expected the address of Vault such as https://vault.example.com:8200, got nothing',
    );
  }
  if (isUsed && input.vault?.auth === undefined) {
    report(
      ['secrets', 'vault', 'auth'],
      'expected { token } or { role_id, secret_id } to log in with, got nothing',
    );
  }
  const { address, auth } = input.vault ?? {};
  if (
    address?.startsWith('http:') &&
    !/^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|$)/.test(address)
  ) {
    report(
      ['secrets', 'vault', 'address'],
      'expected https: over http the token and the secrets could be read on the way',
    );
  }
  if (auth !== undefined) checkAuth(auth, settings, report);
}

type AuthInput = NonNullable<NonNullable<SecretsInput['vault']>['auth']>;

function checkAuth(auth: AuthInput, settings: SecretSettings, report: ReportAt): void {
  const path: ConfigPath = ['secrets', 'vault', 'auth'];
  const hasRole = auth.role_id !== undefined && auth.secret_id !== undefined;
  const isMixed =
    auth.token !== undefined && (auth.role_id !== undefined || auth.secret_id !== undefined);
  if (isMixed || (auth.token === undefined && !hasRole)) {
    report(path, 'expected either token, or role_id and secret_id');
  }
  for (const key of ['token', 'role_id', 'secret_id'] as const) {
    const text = auth[key];
    if (text === undefined) continue;
    const problem = credentialProblem(text, settings, { mustBeSecret: key !== 'role_id' });
    if (problem !== null) report([...path, key], problem);
  }
}

/** Credentials never stand in a file, and Vault cannot keep those it is opened with. */
function credentialProblem(
  text: string,
  settings: SecretSettings,
  options: { readonly mustBeSecret: boolean },
): string | null {
  const reading = readTemplate(text);
  if (!reading.ok) return `column ${reading.column}: ${reading.message}`;
  const variable = reading.template.find((part) => part.kind === 'variable');
  if (variable !== undefined) return `expected \${secret:name}, got another name in the braces`;
  const secrets = reading.template.filter((part) => part.kind === 'secret');
  if (secrets.length === 0 && options.mustBeSecret) {
    return `expected \${secret:name}: a credential must not stand in the configuration`;
  }
  const own = secrets.find(({ name }) => placeOfSecret(settings, name).backend === 'vault');
  return own === undefined
    ? null
    : `expected a secret of another backend, got ${quote(own.name)}, which is in Vault itself; add it to secrets.named`;
}

/**
 * Reports texts that begin a `${secret:…}` and do not end as one, at any depth below a path. What else may stand in
 * the braces is checked by whoever renders the text.
 */
export function checkSecretTemplates(value: unknown, path: ConfigPath, report: Reporter): void {
  if (typeof value === 'string') {
    const reading = readTemplate(value);
    if (!reading.ok) report.at(path, `column ${reading.column}: ${reading.message}`);
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      checkSecretTemplates(item, [...path, index], report);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      checkSecretTemplates(item, [...path, key], report);
    }
  }
}
