import { type AvroRecord, avroNamespace } from './avro-schema.ts';
import type { SchemaVersion } from './registry.ts';
import { canonicalSchemaText } from './schema-version-id.ts';
import type { WireFormat } from './wire-schema-id.ts';

/** A stream of the domain, as far as its schemas go. */
export interface StreamVersions {
  readonly domain: string;
  readonly name: string;
  /** Oldest first. */
  readonly schemas: readonly SchemaVersion[];
}

/** What a definition out of a registry is to a domain. */
export type IdentifiedSchema<S> =
  /** One of the stream's own versions, told by its content: `_schema_version` is its number. */
  | { readonly kind: 'own'; readonly stream: S; readonly version: SchemaVersion }
  /**
   * Another producer's version of the stream: `_schema_version` is the registry's number of it, negative, so
   * that it is never taken for one of ours.
   */
  | {
      readonly kind: 'foreign';
      readonly stream: S;
      readonly schemaVersion: number;
      readonly definition: unknown;
    };

/**
 * Name of a stream in a registry. Glue's page shows it; Confluent's is the full name of the record, as
 * RecordNameStrategy makes it, so that foreign producers register at the same place.
 */
export function subjectOf(format: WireFormat, domain: string, stream: string): string {
  return format === 'glue' ? `${domain}.${stream}` : `${avroNamespace(domain)}.${stream}`;
}

/**
 * Tells what a registered definition is to the streams: by its content, else by the full name of its record,
 * else by its subject. Who knows no contents (the ledger) gets the same stream, since equal contents have
 * equal names.
 */
export function createSchemaIdentifier<S extends StreamVersions>(
  streams: readonly S[],
): (registered: {
  readonly subject: string;
  readonly version: number;
  readonly definition: string;
}) => IdentifiedSchema<S> | null {
  const own = new Map(
    streams.flatMap((stream) =>
      // The newest of equal ones: a stream may return to an earlier shape.
      stream.schemas.map((version) => {
        const text = canonicalSchemaText(JSON.parse(version.avro) as AvroRecord);
        return [text, { kind: 'own' as const, stream, version }];
      }),
    ),
  );
  const bySubject = new Map(
    streams.flatMap((stream) =>
      (['glue', 'confluent'] as const).map((format) => [
        subjectOf(format, stream.domain, stream.name),
        stream,
      ]),
    ),
  );
  return ({ subject, version, definition }) => {
    const schema = parseRecord(definition);
    if (schema === null) return null;
    const known = own.get(canonicalSchemaText(schema));
    if (known !== undefined) return known;
    const stream = bySubject.get(fullNameOf(schema)) ?? bySubject.get(subject);
    return stream === undefined
      ? null
      : { kind: 'foreign', stream, schemaVersion: 0 - version, definition: schema };
  };
}

/** Null for what is no record, and so no event. */
function parseRecord(definition: string): AvroRecord | null {
  try {
    const value: unknown = JSON.parse(definition);
    const isRecord = typeof value === 'object' && value !== null && 'fields' in value;
    return isRecord ? (value as AvroRecord) : null;
  } catch {
    return null;
  }
}

function fullNameOf({ name, namespace = '' }: AvroRecord): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}
