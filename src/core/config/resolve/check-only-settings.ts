import type { PlatformInput } from '../model/settings-model.ts';

/** Lets domains be checked while platform.yaml is unusable; never part of a project. */
export const CHECK_ONLY_SETTINGS: PlatformInput = {
  name: 'check',
  removal_policy: 'retain',
  log_retention: 86_400_000,
  query_scan_limit: 10_000_000,
  stream: { shards: 1, retention: 86_400_000 },
  writer: {
    // No horizon is too long for it: what the writer has is not known.
    memory: Number.POSITIVE_INFINITY,
    timeout: 1_000,
    batch_size: 1,
    batching_window: 0,
    retry_attempts: -1,
    max_record_age: 60_000,
    commit: 'group',
    commit_interval: 1_000,
  },
  kafka: { partitions: 1, replication: 3, min_insync: 2, pollers: 'none', generation: 1 },
  kafka_cluster: {
    version: '3.9.x',
    broker: 'kafka.m7g.large',
    zones: 3,
    storage: 1_000_000_000,
  },
  maintenance: {
    engine: 'own',
    every: 3_600_000,
    target_file_size: 128_000_000,
    min_files: 5,
    max_rewrite: 2_000_000_000,
    // No retention is too long for it: what the stream has is not known.
    orphan_age: Number.POSITIVE_INFINITY,
  },
  ledger: { every: 60_000, grace: 0 },
  alarms: { email: [], iterator_age: 60_000 },
  defaults: {
    buffer: 'kinesis',
    topics: 'domain',
    watermark: { delay: 0, idle: 60_000, max_future_skew: 0 },
    rate: { expected: 1, bytes: 100 },
    partition: { bronze: [] },
  },
};
