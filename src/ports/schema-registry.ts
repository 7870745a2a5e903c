import type { CompatibilityMode } from '#core/schema/evolution/compatibility-mode.ts';
import type { WireFormat, WireSchemaId } from '#core/schema/wire-schema-id.ts';

/** One version of a subject, as the registry holds it. */
export interface RegisteredSchemaVersion {
  /** What records written with it carry. */
  readonly id: WireSchemaId;
  /** `market.trade` */
  readonly subject: string;
  /** The registry's own count, from 1; numbers of deleted or refused versions are not given again. */
  readonly version: number;
  /** Avro schema as JSON text, as the registry gives it out: the same schema, not always the same text. */
  readonly definition: string;
}

/**
 * A schema registry: subjects with versions of an Avro schema, each with the id that stands in the records.
 * Every function throws SOURCE_UNAVAILABLE when the registry does not answer, throttles or refuses the
 * caller, and CONFIG_INVALID when it says that the request itself is wrong.
 */
export interface SchemaRegistry {
  /** Which header carries its ids. */
  readonly wireFormat: WireFormat;
  /**
   * The version with this definition, created when the subject has none; a subject that does not exist is
   * created with the mode. Repeating a call changes nothing. Throws SCHEMA_INCOMPATIBLE when the definition
   * is no Avro schema, or the subject's mode refuses it.
   */
  register(
    subject: string,
    definition: string,
    options?: { readonly compatibility?: CompatibilityMode },
  ): Promise<RegisteredSchemaVersion>;
  /** Id of the version with this definition, or null: what a producer needs, and no more. */
  lookup(subject: string, definition: string): Promise<WireSchemaId | null>;
  /** The version that records with this id were written with, or null when nobody registered it. */
  get(id: WireSchemaId): Promise<RegisteredSchemaVersion | null>;
  /** Oldest first; empty when there is no such subject. */
  versions(subject: string): Promise<readonly RegisteredSchemaVersion[]>;
  /** The mode in force for the subject, or null when there is no such subject. */
  compatibility(subject: string): Promise<CompatibilityMode | null>;
  /** Throws SCHEMA_UNKNOWN when there is no such subject, FEATURE_UNSUPPORTED for a mode the registry does not have. */
  setCompatibility(subject: string, mode: CompatibilityMode): Promise<void>;
}
