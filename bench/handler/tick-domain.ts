import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEventEncoder } from '#app/encode-events.ts';
import { generateSchemas } from '#app/generate-schemas.ts';
import { createRowEncoder } from '#core/avro/row-codec.ts';
import { buildLakeWriterConfig, type LakeWriterConfig } from '#core/config/lambda-config.ts';
import { parseProject } from '#core/config/parse-project.ts';
import { createRandomAccess } from '#core/generate/random-access.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import type { Row } from '#core/schema/field.ts';
import { findStream, type StreamSchemas } from '#core/schema/registry.ts';
import { readRegistry } from '#core/schema/schema-files.ts';
import type { KinesisStreamEvent } from '#runtime/kinesis-batch.ts';

const CONFIG = fileURLToPath(new URL('../../config', import.meta.url));

/** A trade tick: ten fields, a UUID as text for its id, four fields that are often missing. */
const TICK = `
domain: ticks
owner: bench@example.com
streams:
  tick:
    description: One trade on an exchange
    category: bench.tick
    key: symbol
    event_time: timestamp
    fields:
      trade_id: string
      symbol: string
      timestamp: timestamp_micros
      price: double
      size: double
      side: { type: enum, symbols: [buy, sell] }
      venue: { type: string, optional: true }
      condition: { type: string, optional: true }
      buyer: { type: long, optional: true }
      seller: { type: long, optional: true }
    identity: [trade_id]
`;

export interface TickDomain {
  readonly config: LakeWriterConfig;
  readonly schemas: StreamSchemas;
}

const CATEGORY = `
category: bench.tick
description: Trade ticks
event_time: timestamp
fields:
  symbol: string
  timestamp: timestamp_micros
`;

/** The domain as `sluice` loads one: from YAML, with the repository's own settings. */
export function tickDomain(): TickDomain {
  const files = [
    ...readConfig(''),
    { path: 'config/categories/bench.tick.yaml', text: CATEGORY },
    { path: 'domains/ticks.yaml', text: TICK },
  ];
  const reading = parseProject(files, 'local');
  if (!reading.ok) throw new Error(JSON.stringify(reading.issues));
  const { project } = reading;
  const registry = readRegistry(generateSchemas({ project, files: [] }).writes);
  if (!registry.ok) throw new Error(JSON.stringify(registry.issues));
  const schemas = findStream(registry.registry, 'ticks', 'tick');
  if (schemas === null) throw new Error('no schemas of ticks.tick');
  return {
    config: buildLakeWriterConfig(project, registry.registry, { domain: 'ticks' }),
    schemas,
  };
}

function readConfig(folder: string): { path: string; text: string }[] {
  return readdirSync(path.join(CONFIG, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return readConfig(name);
    return [{ path: `config/${name}`, text: readFileSync(path.join(CONFIG, name), 'utf8') }];
  });
}

export const START_MS = Date.UTC(2026, 0, 1);
/** Lambda's limit of an invocation payload. Source: AWS Lambda quotas. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
/** A producer packs as much as one record takes without being a hot one: well below the 1 MiB limit. */
export const EVENTS_PER_RECORD = 500;

export interface TickBatch {
  /** As the runtime gets it. */
  readonly payload: string;
  readonly events: number;
  readonly rows: readonly Row[];
  /** Avro bodies, without header. */
  readonly bodies: readonly Uint8Array[];
}

/**
 * Events of a second from one shard, as one record after another.
 * @param options.events How many, a multiple of EVENTS_PER_RECORD. @default as many as a payload holds
 */
export function tickBatch(
  { config }: TickDomain,
  options: { readonly batch: number; readonly shard: number; readonly events?: number },
): TickBatch {
  const encode = tickEncoder(config);
  const rowAt = tickGenerator(`${options.shard}/${options.batch}`);
  const limits =
    options.events === undefined
      ? { bytes: MAX_PAYLOAD_BYTES, events: Number.POSITIVE_INFINITY }
      : { bytes: Number.POSITIVE_INFINITY, events: options.events };
  const rows: Row[] = [];
  const records: KinesisStreamEvent['Records'][number][] = [];
  let bytes = '{"Records":[]}'.length;
  while (rows.length < limits.events) {
    const group = Array.from({ length: EVENTS_PER_RECORD }, (_, index) =>
      rowAt(rows.length + index),
    );
    const data = encodeAggregatedRecord(group.map(encode.event));
    const record = lambdaRecord(Buffer.from(data).toString('base64'), {
      shard: options.shard,
      sequence: options.batch * 10_000 + records.length,
    });
    bytes += JSON.stringify(record).length + 1;
    if (bytes > limits.bytes) break;
    records.push(record);
    for (const row of group) rows.push(row);
  }
  const payload = JSON.stringify({ Records: records });
  return { payload, events: rows.length, rows, bodies: rows.map(encode.body) };
}

/** A small batch of one record, for many writers at once. */
export function smallTickEvent(
  { config }: TickDomain,
  options: { readonly batch: number; readonly shard: number; readonly events: number },
): KinesisStreamEvent {
  const encode = tickEncoder(config);
  const rowAt = tickGenerator(`${options.shard}/${options.batch}`);
  const rows = Array.from({ length: options.events }, (_, index) => rowAt(index));
  const data = encodeAggregatedRecord(rows.map(encode.event));
  const at = { shard: options.shard, sequence: options.batch };
  return { Records: [lambdaRecord(Buffer.from(data).toString('base64'), at)] };
}

function tickEncoder(config: LakeWriterConfig) {
  const stream = config.streams[0];
  const schema = stream?.schemas.at(-1);
  if (stream === undefined || schema === undefined) throw new Error('no stream');
  const body = createRowEncoder(JSON.parse(schema.avro), stream.fields);
  const { schemaVersionId } = schema;
  return { body, event: createEventEncoder(stream, { schemaVersionId, encodeBody: body }) };
}

/** As Kinesis names it. */
export function shardIdOf(shard: number): string {
  return `shardId-${String(shard).padStart(12, '0')}`;
}

function lambdaRecord(data: string, at: { readonly shard: number; readonly sequence: number }) {
  const shardId = shardIdOf(at.shard);
  const sequenceNumber = `4959${String(at.sequence).padStart(52, '0')}`;
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: 'S1',
      sequenceNumber,
      data,
      approximateArrivalTimestamp: (START_MS + at.sequence) / 1000 + 1,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/sluice-local-ticks-lake-writer',
    awsRegion: 'eu-central-1',
    eventSourceARN: 'arn:aws:kinesis:eu-central-1:000000000000:stream/local-ticks',
  };
}

const VENUES = ['XNYS', 'XNAS', 'ARCX', 'BATS'];
const SYMBOLS = 500;

function tickGenerator(seed: string): (index: number) => Row {
  const random = createRandomAccess(`tick/${seed}`);
  const words = ['a', 'b', 'c', 'd'].map((label) => random.derive(label));
  const uuid = (index: number) => {
    const hex = words
      .map((word) =>
        Math.floor(word.uniformAt(index) * 2 ** 32)
          .toString(16)
          .padStart(8, '0'),
      )
      .join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
  const [side, venue, amount, party] = ['side', 'venue', 'amount', 'party'].map((label) =>
    random.derive(label),
  );
  if (side === undefined || venue === undefined || amount === undefined || party === undefined)
    throw new Error('no random numbers');
  return (index) => ({
    trade_id: uuid(index),
    // Skewed: half of all trades are of a twentieth of the symbols.
    symbol: `S${Math.floor(SYMBOLS * random.uniformAt(index) ** 4)}`,
    timestamp:
      BigInt(START_MS) * 1000n + BigInt(index * 20 + Math.floor(amount.uniformAt(index) * 15)),
    price: Math.round((100 + 10 * Math.sin(index / 5000) + amount.uniformAt(index)) * 100) / 100,
    size: Math.ceil(amount.uniformAt(index + 1) * 500),
    side: side.uniformAt(index) < 0.5 ? 'buy' : 'sell',
    venue: VENUES[Math.floor(venue.uniformAt(index) * 5)] ?? null,
    condition: venue.uniformAt(index + 7) < 0.1 ? 'odd lot' : null,
    buyer:
      party.uniformAt(index) < 0.3 ? BigInt(Math.floor(party.uniformAt(index + 3) * 1e9)) : null,
    seller:
      party.uniformAt(index) < 0.3 ? BigInt(Math.floor(party.uniformAt(index + 5) * 1e9)) : null,
  });
}
