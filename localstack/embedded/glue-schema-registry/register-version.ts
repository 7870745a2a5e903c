import { definitionKey } from '#core/schema/definition-text.ts';
import { modeOf } from '#core/schema/evolution/compatibility-mode.ts';
import { judgeDefinition } from '#core/schema/evolution/judge-definition.ts';
import { AwsError } from '../gateway/json-protocol.ts';
import type { SchemaRegistryStore, StoredSchema, StoredVersion } from './schema-registry-store.ts';

export interface RegistryDeps {
  readonly store: SchemaRegistryStore;
  readonly nowMs: () => number;
  readonly newUuid: () => string;
  readonly quotas: RegistryQuotas;
}

export interface RegistryQuotas {
  readonly registries: number;
  /** Of all schemas together. */
  readonly versions: number;
}

/** Source: AWS Glue, "Quotas of Schema Registry". */
export const REGISTRY_QUOTAS: RegistryQuotas = { registries: 100, versions: 10_000 };

/** A version that is held against others is judged after its call, as in AWS; short, so that tests are. */
const JUDGEMENT_MS = 20;

export function statusOf({ status, judgedMs }: StoredVersion, nowMs: number): string {
  return nowMs < judgedMs ? 'PENDING' : status;
}

/** The version with this definition that is in force or being judged. */
export function findVersion(schema: StoredSchema, definition: string): StoredVersion | null {
  const key = definitionKey(definition);
  const found = schema.versions.find(
    (version) => version.status === 'AVAILABLE' && definitionKey(version.definition) === key,
  );
  return found ?? null;
}

/**
 * The version with this definition, added to the schema when it has none. One that the schema's mode
 * refuses becomes a version in status FAILURE. Source: AWS Glue API, RegisterSchemaVersion.
 */
export function registerVersion(
  deps: RegistryDeps,
  schema: StoredSchema,
  definition: string,
  options: { readonly id?: string } = {},
): StoredVersion {
  const existing = findVersion(schema, definition);
  if (existing !== null) return existing;
  checkVersionQuota(deps);
  const nowMs = deps.nowMs();
  const isFirst = schema.versions.every(({ status }) => status !== 'AVAILABLE');
  const version: StoredVersion = {
    id: options.id ?? deps.newUuid(),
    number: schema.nextNumber,
    definition,
    status: isFirst || isAllowed(schema, definition) ? 'AVAILABLE' : 'FAILURE',
    judgedMs: isFirst ? nowMs : nowMs + JUDGEMENT_MS,
    createdMs: nowMs,
  };
  deps.store.putSchema({
    ...schema,
    versions: [...schema.versions, version],
    checkpoint: isFirst ? version.number : schema.checkpoint,
    nextNumber: version.number + 1,
    updatedMs: nowMs,
  });
  return version;
}

/** Against the versions from the checkpoint on. */
function isAllowed(schema: StoredSchema, definition: string): boolean {
  const mode = modeOf('glue', schema.compatibility);
  if (mode === null || mode === 'DISABLED') return false;
  const earlier = schema.versions
    .filter(({ number, status }) => status === 'AVAILABLE' && number >= schema.checkpoint)
    .map((version): unknown => JSON.parse(version.definition));
  return judgeDefinition(mode, JSON.parse(definition), earlier).length === 0;
}

function checkVersionQuota({ store, quotas }: RegistryDeps): void {
  const count = store
    .registries()
    .flatMap(({ name }) => store.schemas(name))
    .reduce((sum, { versions }) => sum + versions.length, 0);
  if (count < quotas.versions) return;
  throw new AwsError(
    'ResourceNumberLimitExceededException',
    `Schema versions per account exceed ${quotas.versions}.`,
  );
}
