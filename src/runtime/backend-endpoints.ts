import { isIP } from 'node:net';
import { SluiceError } from '#core/errors.ts';

/** Services of the local cloud that another program can serve in its place. */
export const DELEGABLE_SERVICES = ['s3', 'kinesis', 'dynamodb'] as const;
export type DelegableService = (typeof DELEGABLE_SERVICES)[number];

/** Where a program serves a service of AWS, and the key its requests are signed with. */
export interface DelegateEndpoint {
  /** `http://127.0.0.1:9000`, without a path. */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Services that are delegated; the others stay embedded. */
export type BackendEndpoints = Readonly<Partial<Record<DelegableService, DelegateEndpoint>>>;

/** LocalStack and most emulators take any key; MinIO wants its own. */
const ANY_KEY = 'test';

/**
 * Endpoints named by hand: `SLUICE_S3_ENDPOINT`, `SLUICE_KINESIS_ENDPOINT`, `SLUICE_DYNAMODB_ENDPOINT`, each with
 * `…_ACCESS_KEY` and `…_SECRET_KEY` where the program checks signatures. Throws USAGE for an address that is not of
 * this machine: the local cloud creates, overwrites and lists as it likes, which must never reach an account.
 */
export function readBackendEndpoints(
  env: Readonly<Record<string, string | undefined>> = process.env,
): BackendEndpoints {
  const endpoints: Partial<Record<DelegableService, DelegateEndpoint>> = {};
  for (const service of DELEGABLE_SERVICES) {
    const prefix = `SLUICE_${service.toUpperCase()}`;
    const url = env[`${prefix}_ENDPOINT`];
    if (url === undefined || url === '') continue;
    endpoints[service] = {
      url: requireLocalUrl(`${prefix}_ENDPOINT`, url),
      accessKeyId: env[`${prefix}_ACCESS_KEY`] || ANY_KEY,
      secretAccessKey: env[`${prefix}_SECRET_KEY`] || ANY_KEY,
    };
  }
  return endpoints;
}

/** Origin of an http URL on this machine. */
function requireLocalUrl(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && url.protocol === 'http:' && isLoopback(url.hostname)) return url.origin;
  throw new SluiceError(
    'USAGE',
    `${name} is ${JSON.stringify(text)}, expected the address of a program on this machine, for example http://127.0.0.1:9000`,
  );
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host === 'localhost';
}

/** What Docker's command line reads: where its engine is, and who the user is there. */
export function dockerEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const names = Object.keys(env).filter(
    (name) => ['PATH', 'HOME', 'XDG_RUNTIME_DIR'].includes(name) || name.startsWith('DOCKER_'),
  );
  return Object.fromEntries(names.map((name) => [name, env[name] ?? '']));
}
