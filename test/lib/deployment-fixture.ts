import path from 'node:path';
import { connectorsOf } from '#core/config/connector.ts';
import type { Domain, Environment, Project, Stream } from '#core/config/project.ts';
import { resolveSecrets } from '#core/config/resolve/resolve-secrets.ts';
import type { Field } from '#core/schema/field.ts';
import type { CatalogTable } from '#lib/constructs/iceberg-table.ts';
import type { LambdaBundler } from '#lib/constructs/lambda-code.ts';
import type { Deployment, DomainDeployment } from '#lib/sluice-app.ts';

export const REPOSITORY_ROOT = path.resolve(import.meta.dirname, '../..');

/** Stands in for the bundled handler where its bytes do not matter: bundling takes a second. */
export const FIXED_BUNDLER: LambdaBundler = {
  bundle: (entry) => Buffer.from(`export const handler = async () => ${JSON.stringify(entry)};\n`),
};

const KAFKA_CLUSTER = {
  version: '3.9.x',
  broker: 'kafka.m7g.large',
  zones: 3,
  storageGb: 100,
  vpc: null,
};

const MAINTENANCE: Environment['maintenance'] = {
  engine: 'own',
  everyMinutes: 60,
  targetFileBytes: 128_000_000,
  minFiles: 5,
  maxRewriteBytes: 2_000_000_000,
  orphanAgeMs: 30 * 86_400_000,
  tables: {},
};

export const LOCAL_ENVIRONMENT: Environment = {
  name: 'local',
  account: null,
  region: null,
  removalPolicy: 'destroy',
  logRetentionDays: 7,
  stream: { shards: 1, retentionHours: 24 },
  writer: {
    memoryMb: 512,
    timeoutSeconds: 60,
    batchSize: 1000,
    batchingWindowSeconds: 1,
    retryAttempts: 3,
    maxRecordAgeSeconds: 3600,
    commit: 'group',
    commitIntervalSeconds: 1,
  },
  kafka: {
    clusterArn:
      'arn:aws:kafka:us-east-1:000000000000:cluster/local/00000000-0000-0000-0000-000000000000-1',
    network: null,
    partitions: 2,
    replication: 1,
    minInSync: 1,
    pollers: { min: 1, max: 2 },
    validate: false,
    generation: 1,
  },
  maintenance: MAINTENANCE,
  kafkaCluster: KAFKA_CLUSTER,
  ledger: { everyMinutes: 5, graceSeconds: 300 },
  alarms: { email: ['data@example.com'], iteratorAgeSeconds: 300 },
  queryScanLimitBytes: 10_000_000_000,
  schemaRegistry: { kind: 'none' },
  secrets: resolveSecrets(undefined, { platform: 'sluice', environment: 'local' }),
};

export const PROD_ENVIRONMENT: Environment = {
  name: 'prod',
  account: null,
  region: null,
  removalPolicy: 'retain',
  logRetentionDays: 90,
  stream: { shards: 4, retentionHours: 168 },
  writer: {
    memoryMb: 1024,
    timeoutSeconds: 300,
    batchSize: 10_000,
    batchingWindowSeconds: 30,
    retryAttempts: 10,
    maxRecordAgeSeconds: 86_400,
    commit: 'group',
    commitIntervalSeconds: 30,
  },
  kafka: {
    clusterArn: null,
    network: null,
    partitions: 6,
    replication: 3,
    minInSync: 2,
    pollers: { min: 1, max: 2 },
    validate: false,
    generation: 1,
  },
  maintenance: MAINTENANCE,
  kafkaCluster: KAFKA_CLUSTER,
  ledger: { everyMinutes: 15, graceSeconds: 900 },
  alarms: { email: ['data@example.com'], iteratorAgeSeconds: 900 },
  queryScanLimitBytes: 100_000_000_000,
  schemaRegistry: { kind: 'none' },
  secrets: resolveSecrets(undefined, { platform: 'sluice', environment: 'prod' }),
};

function field(name: string, kind: 'string' | 'double' | 'timestamp_micros'): Field {
  return { name, type: { kind }, optional: false, aliases: [], examples: [], allowNan: false };
}

function stream(name: string, fields: readonly Field[]): Stream {
  return {
    domain: 'market',
    name,
    category: 'market.tick',
    description: `${name} events`,
    key: 'symbol',
    eventTime: 'timestamp',
    fields,
    identity: ['symbol', 'timestamp'],
    watermark: { delayMs: 10_000, idleMs: 60_000, maxFutureSkewMs: 5_000 },
    quality: [],
    mapping: [],
    partition: { bronze: [{ transform: 'hour', parameter: null, column: '_ingested_at' }] },
    rate: { expectedPerSecond: 10, peakPerSecond: 10, bytes: 120 },
    retention: { bronzeDays: 2_555 },
    compatibility: 'BACKWARD_TRANSITIVE',
    dedupe: { horizonMs: 3_600_000 },
    sinks: ['bronze'],
    generate: {},
  };
}

export const MARKET: Domain = {
  name: 'market',
  description: 'Trades and quotes',
  owner: 'data@example.com',
  buffer: 'kinesis',
  topics: 'domain',
  stream: LOCAL_ENVIRONMENT.stream,
  writer: LOCAL_ENVIRONMENT.writer,
  kafka: LOCAL_ENVIRONMENT.kafka,
  maintenance: MAINTENANCE,
  streams: [
    stream('trade', [
      field('symbol', 'string'),
      field('timestamp', 'timestamp_micros'),
      field('price', 'double'),
    ]),
    stream('quote', [field('symbol', 'string'), field('timestamp', 'timestamp_micros')]),
  ],
  files: [],
  connectors: [],
};

export function catalogTable(name: string): CatalogTable {
  return { name, shape: TABLE_SHAPE };
}

const TABLE_SHAPE: CatalogTable['shape'] = {
  schema: {
    type: 'struct',
    'schema-id': 0,
    fields: [
      { id: 1, name: 'symbol', required: true, type: 'string', doc: 'Instrument' },
      { id: 2, name: 'timestamp', required: true, type: 'timestamp' },
      { id: 3, name: 'price', required: false, type: 'decimal(18, 4)' },
      { id: 4, name: '_ingested_at', required: true, type: 'timestamp' },
    ],
  },
  partitionSpec: {
    'spec-id': 0,
    fields: [{ 'source-id': 4, 'field-id': 1000, name: '_ingested_at_hour', transform: 'hour' }],
  },
  sortOrder: {
    'order-id': 1,
    fields: [
      { 'source-id': 2, transform: 'identity', direction: 'asc', 'null-order': 'nulls-first' },
    ],
  },
  properties: { 'write.parquet.compression-codec': 'zstd' },
};

/** A two-table market domain in the given environment, with the environment's sizes. */
export function marketDeployment(
  environment: Environment,
  changes: Partial<
    Pick<DomainDeployment, 'domain' | 'lakeWriterConfig' | 'httpPoll' | 'generator'>
  > = {},
): Deployment {
  const { stream: buffer, writer } = environment;
  const domain = { ...(changes.domain ?? MARKET), stream: buffer, writer };
  const project: Project = { platform: { name: 'sluice' }, environment, domains: [domain] };
  return {
    project,
    domains: [
      {
        domain,
        tables: [catalogTable('trade'), catalogTable('quote')],
        schemas: [],
        lakeWriterConfig: changes.lakeWriterConfig ?? '{"domain":"market"}\n',
        ledgerConfig: '{"domain":"market"}\n',
        maintenanceConfig: '{"domain":"market"}\n',
        httpIngestConfig:
          connectorsOf(domain, 'http-ingest').length === 0 ? null : '{"domain":"market"}\n',
        httpPoll: changes.httpPoll ?? null,
        generator: changes.generator ?? null,
        fileIngestConfig: null,
      },
    ],
    bundler: FIXED_BUNDLER,
  };
}
