import type { ConfigChecks } from '#core/config/check-expression.ts';
import { formatOrigin } from '#core/config/origin/origin.ts';
import { type ProjectReading, parseProject } from '#core/config/parse-project.ts';
import type { Project, Stream } from '#core/config/project.ts';
import { formatIssue } from '#core/config/source/config-issue.ts';
import type { TextFile } from '#core/schema/schema-files.ts';

export const PLATFORM = `name: sluice
removal_policy: retain
log_retention: 30d
query_scan_limit: 10GB
stream: { shards: 1, retention: 168h }
writer:
  memory: 1769MB
  timeout: 120s
  batch_size: 10000
  batching_window: 30s
  retry_attempts: -1
  max_record_age: 144h
  commit: group
  commit_interval: 30s
ledger: { every: 15m, grace: 15m }
alarms: { email: [], iterator_age: 15m }
defaults:
  buffer: kinesis
  topics: domain
  watermark: { delay: 10s, idle: 1m, max_future_skew: 5s }
  rate: { expected: 10/s, bytes: 200 }
  partition: { bronze: [hour(_ingested_at)] }
kafka: { partitions: 3, replication: 3, min_insync: 2, pollers: { min: 1, max: 2 }, generation: 1 }
kafka_cluster: { version: 3.9.x, broker: kafka.m7g.large, zones: 3, storage: 100GB }
maintenance: { engine: own, every: 1h, target_file_size: 128MB, min_files: 5, max_rewrite: 2GB, orphan_age: 30d }
`;

export const LOCAL = `removal_policy: destroy
stream: { retention: 24h }
writer: { batching_window: 1s, max_record_age: 1h }
`;

export const TICK = `category: market.tick
description: One trade on an exchange
event_time: timestamp
fields:
  source_system: string
  symbol: string
  timestamp: timestamp_micros
  price: double
  size: double
`;

export const READING = `category: sensor.reading
description: A value without a time of its own
fields:
  sensor_id: string
  value: double
`;

export const MARKET = `domain: market
owner: data@example.com
streams:
  trade:
    category: market.tick
    key: symbol
    fields:
      source_system: string
      trade_id: string
      symbol: string
      timestamp: timestamp_micros
      price: double
      size: double
      fee: { type: money, currency: USD, optional: true }
    identity: [source_system, trade_id]
    quality:
      - { rule: price > 0, on_fail: reject }
    mapping:
      symbol: upper(symbol)
`;

const BASE: Readonly<Record<string, string>> = {
  'config/platform.yaml': PLATFORM,
  'config/environments/local.yaml': LOCAL,
  'config/environments/prod.yaml': 'log_retention: 90d\n',
  'config/categories/market.tick.yaml': TICK,
  'config/categories/sensor.reading.yaml': READING,
  'domains/market.yaml': MARKET,
};

/** The project's files with some replaced, added or (null) left out. */
export function projectFiles(changes: Readonly<Record<string, string | null>> = {}): TextFile[] {
  return Object.entries({ ...BASE, ...changes }).flatMap(([path, text]) =>
    text === null ? [] : [{ path, text }],
  );
}

export function parse(
  changes: Readonly<Record<string, string | null>> = {},
  options: ConfigChecks & { readonly environment?: string } = {},
): ProjectReading {
  return parseProject(projectFiles(changes), options.environment ?? 'local', options);
}

/** Formatted issues, one per line; empty when the project is valid. */
export function issuesOf(
  changes: Readonly<Record<string, string | null>>,
  options: ConfigChecks & { readonly environment?: string } = {},
): string {
  const reading = parse(changes, options);
  return reading.ok ? '' : reading.issues.map(formatIssue).join('\n');
}

/** The project, or a failure that shows its issues. */
export function projectOf(
  changes: Readonly<Record<string, string | null>> = {},
  options: ConfigChecks & { readonly environment?: string } = {},
): Project {
  const reading = parse(changes, options);
  if (reading.ok) return reading.project;
  throw new Error(reading.issues.map(formatIssue).join('\n'));
}

/** Where each value comes from and what it is, as text: `1s config/environments/local.yaml:3:30`. */
export function originsOf(
  changes: Readonly<Record<string, string | null>> = {},
  options: { readonly environment?: string } = {},
): Readonly<Record<string, string>> {
  const reading = parse(changes, options);
  if (!reading.ok) throw new Error(reading.issues.map(formatIssue).join('\n'));
  return Object.fromEntries(
    Object.entries(reading.origins).map(([path, { value, origin }]) => [
      path,
      `${typeof value === 'string' ? value : JSON.stringify(value)} ${formatOrigin(origin)}`,
    ]),
  );
}

/** The one stream of a market domain whose text is changed by a replacement. */
export function tradeOf(replaced = '', replacement = ''): Stream {
  const [stream] = projectOf(market(replaced, replacement)).domains[0]?.streams ?? [];
  if (stream === undefined) throw new Error('no stream');
  return stream;
}

/** Change that replaces text in the market domain; fails when the text is not there. */
export function market(replaced: string, replacement: string): Readonly<Record<string, string>> {
  if (!MARKET.includes(replaced)) throw new Error(`the fixture has no "${replaced}"`);
  return { 'domains/market.yaml': MARKET.replace(replaced, replacement) };
}
