import type { IngestConfig } from '#app/ingest-stream.ts';
import type { LakeWriterStream } from '#core/config/lambda-config.ts';
import { evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import type { Field } from '#core/schema/field.ts';
import { IngestWorld } from '#test/app/ingest-world.ts';
import type { WorldPlan } from './world-plan.ts';

/** Newer code judges some events otherwise: these were accepted before. */
export const HIGHEST_PRICE = 400;

const VENUE: Field = {
  name: 'venue',
  type: { kind: 'string' },
  optional: true,
  aliases: [],
  examples: [],
  allowNan: false,
};

/** The writers' configuration after the deployment. */
export function newerConfig(lake: IngestWorld, kind: WorldPlan['deployment']): IngestConfig {
  if (kind === 'none') return lake.config;
  return lake.deploy(kind === 'rule' ? withRule : withColumn);
}

function withRule(stream: LakeWriterStream): LakeWriterStream {
  return {
    ...stream,
    quality: [{ name: 'cheap', rule: `price < ${HIGHEST_PRICE}`, onFail: 'reject' }],
    mappingVersion: stream.mappingVersion + 1,
  };
}

/** The events have no such field yet; the table gets the column with the first batch of a newer writer. */
function withColumn(stream: LakeWriterStream): LakeWriterStream {
  if (stream.name !== 'trade') return stream;
  const { table } = IngestWorld.tradeSchemas();
  const changed = { ...stream, fields: [...stream.fields, VENUE] };
  const { schemas, refused } = evolveStream(changed, {
    domain: stream.domain,
    stream: stream.name,
    schemaVersions: stream.schemas,
    mappingVersions: [{ version: 1, hash: '' }],
    table: { ...table, schemaVersion: 1, mappingVersion: 1 },
    migrations: stream.migrations,
  });
  if (refused.length > 0) throw new Error(JSON.stringify(refused));
  const column = {
    name: VENUE.name,
    type: VENUE.type,
    required: false,
    source: { kind: 'field' as const, field: VENUE.name, mapped: false },
    aliases: [],
  };
  return {
    ...changed,
    columns: [...stream.columns, column],
    schemas: schemas.schemaVersions,
    migrations: schemas.migrations,
  };
}
