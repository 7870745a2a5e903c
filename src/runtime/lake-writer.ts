import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import type {
  IngestConfig,
  IngestDeps,
  IngestedTable,
  IngestStream,
  RecordReader,
} from '#app/ingest-stream.ts';
import { createRowDecoder } from '#core/avro/row-codec.ts';
import {
  type LakeWriterConfig,
  type LakeWriterStream,
  parseLakeWriterConfig,
} from '#core/config/lambda-config.ts';
import { databaseName } from '#core/config/project.ts';
import { compileStreamPlan } from '#core/delivery/stream-plan.ts';
import { migrateTable } from '#core/schema/migrate-table.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import { createGlueClient, createS3Client } from './aws-clients.ts';
import { readLakeWriterEnv } from './env.ts';

export interface LakeWriter {
  ingest(batch: {
    readonly source: string;
    readonly records: readonly SourceRecord[];
  }): Promise<readonly IngestedTable[]>;
}

/** The function's one composition, made once per execution environment. */
export async function createLakeWriter(): Promise<LakeWriter> {
  const env = readLakeWriterEnv();
  const config = parseLakeWriterConfig(
    await readFile(path.join(env.taskRoot, 'config.json'), 'utf8'),
  );
  const ingestConfig = compileIngestConfig(config, {
    deadLetterUri: `s3://${env.deadLetterBucket}`,
  });
  const store = createS3ObjectStore(createS3Client());
  const deps: IngestDeps = {
    store,
    reader: createHyparquetTableReader(store),
    committedIds: new Map(),
    catalog: createGlueTableCatalog(createGlueClient()),
    clock: systemClock,
    random: systemRandom,
  };
  return { ingest: (batch) => ingestBatch(deps, ingestConfig, batch) };
}

/** Rules, mappings and decoders compiled for every stream and every schema version the buffer may hold. */
export function compileIngestConfig(
  config: LakeWriterConfig,
  options: { readonly deadLetterUri: string },
): IngestConfig {
  const readers = new Map<string, RecordReader>();
  const streams = config.streams.map((stream) => {
    const compiled = compileStream(stream);
    const readerSchema: unknown = JSON.parse(stream.schemas.at(-1)?.avro ?? 'null');
    for (const { schemaVersionId, version, avro } of stream.schemas) {
      const decode = createRowDecoder({
        writerSchema: JSON.parse(avro),
        readerSchema,
        fields: stream.fields,
      });
      readers.set(schemaVersionId, {
        stream: compiled,
        schemaVersion: version,
        decode: (payload) => decode(payload).row,
      });
    }
    return compiled;
  });
  return {
    domain: config.domain,
    streams,
    readerOf: (schemaVersionId) => readers.get(schemaVersionId) ?? null,
    rejectedTable: {
      database: databaseName(config.environment, config.domain, 'bronze'),
      table: REJECTED_TABLE,
    },
    deadLetterUri: options.deadLetterUri,
    maxSliceBytes: config.maxSliceBytes,
  };
}

function compileStream(stream: LakeWriterStream): IngestStream {
  return {
    plan: compileStreamPlan(stream, { mappingVersion: stream.mappingVersion }),
    table: stream.table,
    evolveSchema: (metadata) => migrateTable(metadata, stream.migrations),
    maxCommittedIds: stream.maxCommittedIds,
  };
}
