import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '#core/errors.ts';
import { replaceFile } from '#embedded/replace-file.ts';
import type { DynamoDbService, KinesisService, S3Service } from '#embedded/services.ts';
import {
  type BackendEndpoints,
  DELEGABLE_SERVICES,
  type DelegableService,
} from '#runtime/backend-endpoints.ts';
import { openDynamoDbDelegate } from './dynamodb-delegate.ts';
import { openKinesisDelegate } from './kinesis-delegate.ts';
import { openS3Delegate } from './s3-delegate.ts';

/** Opens a service where it is delegated; null where it stays embedded. */
export interface Delegates {
  s3(): Promise<S3Service> | null;
  kinesis(): Promise<KinesisService> | null;
  dynamoDb(): Promise<DynamoDbService> | null;
}

/** Which services of a state were delegated, beside the services' own folders. */
const RECORD_FILE = 'delegates.json';

/**
 * The services that other programs serve. A state belongs to the set of services it was begun with, because each
 * holds a part of it: a catalogue whose files are elsewhere is no lake. Throws USAGE where the set is another one.
 */
export function openDelegates(
  endpoints: BackendEndpoints,
  options: { readonly stateDir: string },
): Delegates {
  const { stateDir } = options;
  requireSameServices(endpoints, stateDir);
  const { s3, kinesis, dynamodb } = endpoints;
  const cacheDir = path.join(stateDir, 's3-copies');
  return {
    s3: () => (s3 === undefined ? null : openS3Delegate({ endpoint: s3, cacheDir })),
    kinesis: () =>
      kinesis === undefined
        ? null
        : openKinesisDelegate({
            endpoint: kinesis,
            stateDir: path.join(stateDir, 'delegated-kinesis'),
          }),
    dynamoDb: () => (dynamodb === undefined ? null : openDynamoDbDelegate(dynamodb)),
  };
}

/** Names of the services that a state keeps elsewhere; nothing for a state that is not there. */
export function delegatedServices(stateDir: string): readonly DelegableService[] {
  const file = path.join(stateDir, RECORD_FILE);
  if (!existsSync(file)) return [];
  const names: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return DELEGABLE_SERVICES.filter((name) => Array.isArray(names) && names.includes(name));
}

function requireSameServices(endpoints: BackendEndpoints, stateDir: string): void {
  const wanted = DELEGABLE_SERVICES.filter((name) => endpoints[name] !== undefined);
  const isNew = !existsSync(stateDir) || readdirSync(stateDir).length === 0;
  const before = isNew ? wanted : delegatedServices(stateDir);
  if (before.join() !== wanted.join()) {
    throw new SluiceError(
      'USAGE',
      `the local state was begun with ${describe(before)}, and is to be opened with ${describe(wanted)}; start it as before, delete it (npm run sluice -- reset), or keep another one beside it (SLUICE_STATE=<folder>)`,
    );
  }
  if (!isNew || wanted.length === 0) return;
  mkdirSync(stateDir, { recursive: true });
  replaceFile(path.join(stateDir, RECORD_FILE), JSON.stringify(wanted));
}

function describe(services: readonly DelegableService[]): string {
  return services.length === 0
    ? 'every service embedded'
    : `${services.join(', ')} served by other programs`;
}
