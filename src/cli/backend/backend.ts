import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { SluiceError } from '#core/errors.ts';
import { type BackendEndpoints, readBackendEndpoints } from '#runtime/backend-endpoints.ts';
import type { CommandContext } from '../command.ts';
import { stateFolder } from '../state-folder.ts';
import { COMPOSE_ENDPOINTS, type ComposeStack, openComposeStack } from './compose-stack.ts';
import { findDocker } from './docker.ts';

/** Who serves S3, Kinesis and DynamoDB; every other service is always embedded. */
export const BACKENDS = ['embedded', 'compose', 'endpoints'] as const;
export type Backend = (typeof BACKENDS)[number];

/** A backend that is up. */
export interface OpenBackend {
  readonly endpoints: BackendEndpoints;
  /** The containers; null for a backend without. */
  readonly stack: ComposeStack | null;
}

/** Throws USAGE for a word that is no backend. */
export function backendOption({ options }: Pick<CommandContext, 'options'>): Backend {
  const text = options['backend'] ?? 'embedded';
  const backend = BACKENDS.find((name) => name === text);
  if (backend !== undefined) return backend;
  throw new SluiceError(
    'USAGE',
    `--backend is "${String(text)}", expected one of ${BACKENDS.join(', ')}`,
  );
}

/** Starts what a backend needs. Throws SOURCE_UNAVAILABLE or USAGE with what is missing. */
export async function openBackend(
  backend: Backend,
  context: Pick<CommandContext, 'root' | 'output' | 'signal'>,
): Promise<OpenBackend> {
  if (backend === 'embedded') return { endpoints: {}, stack: null };
  if (backend === 'endpoints') return { endpoints: requireEndpoints(), stack: null };
  const stack = openComposeStack(await findDocker(), context.root);
  context.output.line('Starting MinIO and LocalStack; the first start fetches their images …');
  try {
    await stack.startStores(context.signal);
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return { endpoints: COMPOSE_ENDPOINTS, stack };
}

function requireEndpoints(): BackendEndpoints {
  const endpoints = readBackendEndpoints();
  if (Object.keys(endpoints).length > 0) return endpoints;
  throw new SluiceError(
    'USAGE',
    'no endpoint is named; set SLUICE_S3_ENDPOINT, SLUICE_KINESIS_ENDPOINT or SLUICE_DYNAMODB_ENDPOINT, for example SLUICE_S3_ENDPOINT=http://127.0.0.1:9000',
  );
}

/**
 * Binds a new state to its backend, before anything is stored anywhere: a reset has to know what to clear. Throws USAGE
 * for a state that was begun with another one.
 */
export function claimBackend(root: string, backend: Backend): void {
  const folder = stateFolder(root, 'local');
  const recorded = recordedBackend(root);
  if (recorded === backend) return;
  const isNew = !existsSync(folder.services) || readdirSync(folder.services).length === 0;
  if (!isNew) {
    throw new SluiceError(
      'USAGE',
      `the local state was begun with --backend ${recorded}, and is to be opened with ${backend}; start it as before, delete it (npm run sluice -- reset), or keep another one beside it (SLUICE_STATE=<folder>)`,
    );
  }
  mkdirSync(folder.root, { recursive: true });
  writeFileSync(folder.backendFile, backend);
}

/** Which backend the local state was begun with. */
export function recordedBackend(root: string): Backend {
  try {
    const text = readFileSync(stateFolder(root, 'local').backendFile, 'utf8').trim();
    return BACKENDS.find((name) => name === text) ?? 'embedded';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'embedded';
    throw error;
  }
}
