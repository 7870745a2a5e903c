import {
  AlreadyExistsException,
  CreateRegistryCommand,
  CreateSchemaCommand,
  EntityNotFoundException,
  GetSchemaByDefinitionCommand,
  GetSchemaCommand,
  GetSchemaVersionCommand,
  type GetSchemaVersionResponse,
  type GlueClient,
  GlueServiceException,
  InvalidInputException,
  paginateListSchemaVersions,
  RegisterSchemaVersionCommand,
  type SchemaId,
  type SchemaVersionStatus,
  UpdateSchemaCommand,
} from '@aws-sdk/client-glue';
import { SluiceError } from '#core/errors.ts';
import { parseDefinition } from '#core/schema/definition-text.ts';
import {
  type CompatibilityMode,
  MODE_RULES,
  modeOf,
} from '#core/schema/evolution/compatibility-mode.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { Clock } from '#ports/clock.ts';
import type { RegisteredSchemaVersion, SchemaRegistry } from '#ports/schema-registry.ts';

export interface GlueSchemaRegistryOptions {
  readonly registry: string;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** A version is judged after the call that registers it. Source: AWS Glue API, RegisterSchemaVersion. */
const POLL_MS = 100;
const MAX_POLLS = 50;
const DEFAULT_MODE: CompatibilityMode = 'BACKWARD';

/**
 * SchemaRegistry on the AWS Glue Schema Registry: a subject is a schema of one registry, which is created
 * with its first schema. A version that is PENDING is waited for; one that FAILED is none.
 */
export function createGlueSchemaRegistry(
  client: GlueClient,
  { registry, clock }: GlueSchemaRegistryOptions,
): SchemaRegistry {
  const schemaId = (subject: string): SchemaId => ({ RegistryName: registry, SchemaName: subject });

  const describe = async (id: WireSchemaId): Promise<RegisteredSchemaVersion | null> => {
    for (let poll = 0; poll < MAX_POLLS; poll++) {
      const found = await orNull(client.send(new GetSchemaVersionCommand({ SchemaVersionId: id })));
      if (found === null) return null;
      if (found.Status !== 'PENDING') return versionOf(found);
      await clock.sleep(POLL_MS);
    }
    throw stillPending(`schema version ${id}`);
  };

  const lookup = async (subject: string, definition: string): Promise<WireSchemaId | null> => {
    parseDefinition(definition);
    const request = new GetSchemaByDefinitionCommand({
      SchemaId: schemaId(subject),
      SchemaDefinition: definition,
    });
    for (let poll = 0; poll < MAX_POLLS; poll++) {
      const found = await orNull(client.send(request));
      if (found?.Status !== 'PENDING') {
        return found?.Status === 'AVAILABLE' ? (found.SchemaVersionId ?? null) : null;
      }
      await clock.sleep(POLL_MS);
    }
    throw stillPending(`the definition of ${subject}`);
  };

  const create = async (subject: string, definition: string, mode: CompatibilityMode) => {
    const request = new CreateSchemaCommand({
      RegistryId: { RegistryName: registry },
      SchemaName: subject,
      DataFormat: 'AVRO',
      Compatibility: glueMode(mode),
      SchemaDefinition: definition,
    });
    try {
      return await client.send(request);
    } catch (error) {
      // Another producer was faster, or the registry itself is missing.
      if (error instanceof AlreadyExistsException) return null;
      if (!(error instanceof EntityNotFoundException)) throw failure(error);
    }
    await createRegistry(client, registry);
    try {
      return await client.send(request);
    } catch (error) {
      if (error instanceof AlreadyExistsException) return null;
      throw failure(error);
    }
  };

  const registerNext = async (subject: string, definition: string) =>
    orNull(
      client.send(
        new RegisterSchemaVersionCommand({
          SchemaId: schemaId(subject),
          SchemaDefinition: definition,
        }),
      ),
      (error) => refused(subject, error),
    );

  const registerOnce = async (
    subject: string,
    definition: string,
    mode: CompatibilityMode,
  ): Promise<WireSchemaId | null> => {
    const registered = await registerNext(subject, definition);
    if (registered !== null) return registered.SchemaVersionId ?? null;
    const created = await create(subject, definition, mode);
    return created?.SchemaVersionId ?? null;
  };

  return {
    wireFormat: 'glue',
    lookup,
    get: describe,

    async register(subject, definition, options = {}) {
      const existing = await lookup(subject, definition);
      const known = existing === null ? null : await describe(existing);
      if (known !== null) return known;
      const mode = options.compatibility ?? DEFAULT_MODE;
      // The second turn is for a schema that somebody else created in between.
      const id =
        (await registerOnce(subject, definition, mode)) ??
        (await registerOnce(subject, definition, mode));
      const version = id === null ? null : await describe(id);
      if (version !== null) return version;
      throw new SluiceError(
        'SCHEMA_INCOMPATIBLE',
        `the registry refuses the definition of ${subject}: its compatibility ${(await compatibilityOf(subject)) ?? 'mode'} does not allow it; change it, or the subject's compatibility`,
      );
    },

    async versions(subject) {
      const found: RegisteredSchemaVersion[] = [];
      const pages = paginateListSchemaVersions({ client }, { SchemaId: schemaId(subject) });
      try {
        for await (const page of pages) {
          for (const { SchemaVersionId: id, Status: status } of page.Schemas ?? []) {
            const version = isUsable(status) && id !== undefined ? await describe(id) : null;
            if (version !== null) found.push(version);
          }
        }
      } catch (error) {
        if (error instanceof EntityNotFoundException) return [];
        throw failure(error);
      }
      return found.sort((a, b) => a.version - b.version);
    },

    compatibility: (subject) => compatibilityOf(subject),

    async setCompatibility(subject, mode) {
      // Glue wants a checkpoint together with the mode. Source: AWS Glue API, UpdateSchema.
      const updated = await orNull(
        client.send(
          new UpdateSchemaCommand({
            SchemaId: schemaId(subject),
            Compatibility: glueMode(mode),
            SchemaVersionNumber: { LatestVersion: true },
          }),
        ),
      );
      if (updated !== null) return;
      throw new SluiceError(
        'SCHEMA_UNKNOWN',
        `registry ${registry} has no schema ${subject}; register a version first`,
      );
    },
  };

  async function compatibilityOf(subject: string): Promise<CompatibilityMode | null> {
    const schema = await orNull(client.send(new GetSchemaCommand({ SchemaId: schemaId(subject) })));
    return schema === null ? null : modeOf('glue', schema.Compatibility ?? '');
  }
}

function isUsable(status: SchemaVersionStatus | undefined): boolean {
  return status === 'AVAILABLE' || status === 'PENDING';
}

function versionOf(found: GetSchemaVersionResponse): RegisteredSchemaVersion | null {
  if (found.Status !== 'AVAILABLE' || found.DataFormat !== 'AVRO') return null;
  return {
    id: found.SchemaVersionId ?? '',
    subject: (found.SchemaArn ?? '').split('/').at(-1) ?? '',
    version: found.VersionNumber ?? 0,
    definition: found.SchemaDefinition ?? '',
  };
}

function glueMode(mode: CompatibilityMode) {
  return MODE_RULES[mode].glue as NonNullable<
    ConstructorParameters<typeof UpdateSchemaCommand>[0]['Compatibility']
  >;
}

async function createRegistry(client: GlueClient, name: string): Promise<void> {
  try {
    await client.send(new CreateRegistryCommand({ RegistryName: name }));
  } catch (error) {
    if (!(error instanceof AlreadyExistsException)) throw failure(error);
  }
}

/** Null when there is no such thing. */
async function orNull<T>(
  answer: Promise<T>,
  onFailure: (error: unknown) => SluiceError = failure,
): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof EntityNotFoundException) return null;
    throw onFailure(error);
  }
}

/** A definition that is no schema, or too long, is the definition's fault. */
function refused(subject: string, error: unknown): SluiceError {
  if (!(error instanceof InvalidInputException)) return failure(error);
  return new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `the registry refuses the definition of ${subject}: ${error.message}`,
    { cause: error },
  );
}

function failure(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (error instanceof GlueServiceException && error.name === 'InvalidInputException') {
    return new SluiceError('CONFIG_INVALID', `Glue Schema Registry: ${reason}`, { cause: error });
  }
  return unavailable(reason, error);
}

function stillPending(what: string): SluiceError {
  return unavailable(`${what} is still PENDING after ${(MAX_POLLS * POLL_MS) / 1000} seconds`);
}

function unavailable(reason: string, cause?: unknown): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', `Glue Schema Registry: ${reason}`, { cause });
}
