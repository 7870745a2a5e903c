import { SluiceError } from '#core/errors.ts';
import { definitionText } from '#core/schema/definition-text.ts';
import type { CompatibilityMode } from '#core/schema/evolution/compatibility-mode.ts';
import { subjectOf } from '#core/schema/identify-schema.ts';
import { publishableMode } from '#core/schema/publishable-mode.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { SchemaRegistry } from '#ports/schema-registry.ts';

/** What a producer of a stream writes with. */
export interface ProducerSchema {
  readonly domain: string;
  readonly name: string;
  /** Of the newest version, and Sluice's own id of it. */
  readonly avro: string;
  readonly schemaVersionId: string;
}

/**
 * The id that a producer puts into its records: the registry's id of the definition, or Sluice's own id
 * without a registry. A definition that the registry does not have is registered, after the earlier
 * versions, when `register` says so. Throws SCHEMA_UNKNOWN when it is not there and must not be registered,
 * SCHEMA_INCOMPATIBLE when the registry refuses it, SOURCE_UNAVAILABLE when it does not answer: an event is
 * never written with an id that other consumers cannot look up.
 */
export async function producerSchemaId(
  registry: SchemaRegistry | null,
  schema: ProducerSchema,
  register: {
    /** Definitions of the versions before, oldest first. */
    readonly earlier: readonly string[];
    readonly compatibility: CompatibilityMode;
  } | null,
): Promise<WireSchemaId> {
  if (registry === null) return schema.schemaVersionId;
  const subject = subjectOf(registry.wireFormat, schema.domain, schema.name);
  const definition = definitionText(schema.avro);
  const known = await registry.lookup(subject, definition);
  if (known !== null) return known;
  if (register === null) {
    throw new SluiceError(
      'SCHEMA_UNKNOWN',
      `the schema registry has no version of ${subject} with this definition; deploy the stack that publishes it, or run "sluice schemas publish"`,
    );
  }
  const all = [...register.earlier, schema.avro].map((avro): unknown => JSON.parse(avro));
  const compatibility = publishableMode(register.compatibility, all);
  for (const earlier of register.earlier) {
    await registry.register(subject, definitionText(earlier), { compatibility });
  }
  return (await registry.register(subject, definition, { compatibility })).id;
}
