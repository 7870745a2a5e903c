import type { IngestStream, RecordReader } from '#app/ingest-stream.ts';
import { type ColumnDecoder, createColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { createRowDecoder } from '#core/avro/row-codec.ts';
import type { LakeWriterStream } from '#core/config/lambda-config.ts';
import { hasCode, SluiceError } from '#core/errors.ts';
import type { AvroRecord } from '#core/schema/avro-schema.ts';
import { compileExtraReader, EXTRA_COLUMN } from '#core/schema/extra-fields.ts';
import type { Row } from '#core/schema/field.ts';
import { createSchemaIdentifier, type IdentifiedSchema } from '#core/schema/identify-schema.ts';
import { type LakeReader, relaxReader } from '#core/schema/lake-reader.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { RegisteredSchemaVersion } from '#ports/schema-registry.ts';

/** A configured stream and what it is compiled to. */
export interface CompiledStream {
  readonly config: LakeWriterStream;
  readonly stream: IngestStream;
  /** The stream for rows of an earlier version, some of whose fields may be null. */
  readonly relaxed: (fields: LakeWriterStream['fields']) => IngestStream;
}

/** Readers of every version that the configuration holds, by Sluice's own ids. */
export function compileOwnReaders(
  streams: readonly CompiledStream[],
): ReadonlyMap<WireSchemaId, RecordReader> {
  return new Map(
    streams.flatMap((compiled) =>
      compiled.config.schemas.map(({ schemaVersionId, version, avro }) => [
        schemaVersionId,
        ownReader(compiled, { version, writer: JSON.parse(avro) as AvroRecord }),
      ]),
    ),
  );
}

function newestReader({ config }: CompiledStream): LakeReader {
  const schema = JSON.parse(config.schemas.at(-1)?.avro ?? 'null') as AvroRecord;
  return { schema, fields: config.fields };
}

/** Records of our own version are accepted with what that version did not have yet. */
function ownReader(
  compiled: CompiledStream,
  { version, writer }: { readonly version: number; readonly writer: AvroRecord },
): RecordReader {
  const newest = newestReader(compiled);
  const reader = relaxReader(newest, writer);
  const stream = reader === newest ? compiled.stream : compiled.relaxed(reader.fields);
  const decode = rowDecoder(reader, writer);
  return {
    stream,
    schemaVersion: version,
    decoder: columnDecoder(reader, writer),
    decode,
    decodeRow: decode,
    readExtra: null,
  };
}

function columnDecoder({ schema, fields }: LakeReader, writer: AvroRecord): ColumnDecoder {
  return createColumnDecoder({ writerSchema: writer, readerSchema: schema, fields });
}

function rowDecoder({ schema, fields }: LakeReader, writer: AvroRecord): RecordReader['decode'] {
  const decode = createRowDecoder({ writerSchema: writer, readerSchema: schema, fields });
  return (payload) => decode(payload).row;
}

/**
 * Readers of versions that only the registry knows. One of ours, told by its content, is read as ours. Another
 * producer's is read as far as Avro's resolution goes: what the stream requires and it does not have makes the
 * event a rejected one, what the stream has no column for goes to `_extra`, and one that cannot be resolved
 * at all makes its events undecodable. Null for a schema that belongs to no stream.
 */
export function createReaderInterpreter(
  streams: readonly CompiledStream[],
  ownReaders: ReadonlyMap<WireSchemaId, RecordReader>,
): (registered: RegisteredSchemaVersion) => RecordReader | null {
  const compiledOf = new Map(streams.map((compiled) => [compiled.config, compiled]));
  const identify = createSchemaIdentifier(streams.map(({ config }) => config));
  return (registered) => {
    const identified = identify(registered);
    if (identified === null) return null;
    const compiled = compiledOf.get(identified.stream);
    if (compiled === undefined) return null;
    if (identified.kind === 'own') {
      return ownReaders.get(identified.version.schemaVersionId) ?? null;
    }
    return foreignReader(compiled, identified);
  };
}

function foreignReader(
  compiled: CompiledStream,
  identified: Extract<IdentifiedSchema<LakeWriterStream>, { kind: 'foreign' }>,
): RecordReader {
  const { schemaVersion } = identified;
  const { stream } = compiled;
  try {
    return {
      stream,
      schemaVersion,
      ...foreignDecoders(newestReader(compiled), identified.definition as AvroRecord),
    };
  } catch (error) {
    if (!hasCode(error, 'SCHEMA_INCOMPATIBLE') && !hasCode(error, 'FORMAT_CORRUPT')) throw error;
    const reason = `version ${-schemaVersion} of the registry cannot be read as ${stream.plan.stream.name}: ${error.message}`;
    const decode = () => {
      throw new SluiceError('FORMAT_CORRUPT', reason);
    };
    return {
      stream,
      schemaVersion,
      decoder: null,
      decode,
      decodeRow: decode,
      readExtra: null,
    };
  }
}

function foreignDecoders(
  newest: LakeReader,
  writer: AvroRecord,
): Pick<RecordReader, 'decoder' | 'decode' | 'decodeRow' | 'readExtra'> {
  const reader = relaxReader(newest, writer);
  const decoder = columnDecoder(reader, writer);
  const decodeRow = rowDecoder(reader, writer);
  const readExtra = compileExtraReader(newest.schema, writer);
  if (readExtra === null) return { decoder, decode: decodeRow, decodeRow, readExtra };
  const decode = (payload: Uint8Array): Row => {
    const row = decodeRow(payload);
    const extra = readExtra(payload);
    return extra === null ? row : { ...row, [EXTRA_COLUMN]: extra };
  };
  return { decoder, decode, decodeRow, readExtra };
}
