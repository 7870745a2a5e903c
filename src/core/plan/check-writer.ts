import type { Domain, Stream } from '../config/project.ts';
import { topicsOf } from '../config/topic.ts';
import {
  DEDUPE_BYTES_PER_ID,
  DEDUPE_MEMORY_SHARE,
  expectedIds,
} from '../delivery/dedupe-memory.ts';
import { formatBytes, type LimitCheck, shorten } from './limit-check.ts';

/** Largest synchronous request; an event source mapping ends a batch before it. Source: Lambda quotas. */
export const MAX_PAYLOAD_BYTES = 6_000_000;
/** Lambda gets records as base64. */
const BASE64_FACTOR = 4 / 3;

/** More small files than this make queries slow before anything compacts them. */
const MANY_FILES_PER_HOUR = 1_000;
const SECONDS_PER_HOUR = 3_600;

/** Memory, batches, files and commits of a domain's lake-writer. */
export function checkWriter(domain: Domain): readonly LimitCheck[] {
  return [
    checkDedupeMemory(domain),
    checkBatch(domain),
    ...domain.streams.map((stream) => checkFiles(domain, stream)),
    checkCommits(domain),
  ];
}

/** parseProject refuses what does not fit; here are the figures. */
function checkDedupeMemory(domain: Domain): LimitCheck {
  const ids = domain.streams.reduce((sum, stream) => sum + expectedIds(stream), 0);
  const bytes = ids * DEDUPE_BYTES_PER_ID;
  const allowed = domain.writer.memoryMb * 1_000_000 * DEDUPE_MEMORY_SHARE;
  const fits = bytes <= allowed;
  return {
    domain: domain.name,
    subject: 'dedupe memory',
    state: fits ? 'ok' : 'broken',
    figures: `${shorten(ids)} identities of ${DEDUPE_BYTES_PER_ID} B = ${formatBytes(bytes)} of ${formatBytes(allowed)} (a quarter of writer.memory)`,
    advice: fits ? null : 'shorten dedupe.horizon or raise writer.memory',
  };
}

/** Events of a batching window on one shard, of the topic that fills it fastest. */
function checkBatch(domain: Domain): LimitCheck {
  const { batchingWindowSeconds, batchSize } = domain.writer;
  const perSecond = Math.max(
    ...topicsOf(domain).map(({ streams }) => bytesPerShard(domain, streams)),
  );
  const seconds = Math.max(batchingWindowSeconds, 1);
  const bytes = perSecond * seconds * BASE64_FACTOR;
  const figures = `${formatBytes(bytes)} in ${seconds}s at the expected rate, of ${formatBytes(MAX_PAYLOAD_BYTES)}; at most ${shorten(batchSize)} records`;
  const subject = 'batch of one shard';
  if (bytes <= MAX_PAYLOAD_BYTES) {
    return { domain: domain.name, subject, state: 'ok', figures, advice: null };
  }
  const fullAfter = shorten(MAX_PAYLOAD_BYTES / (perSecond * BASE64_FACTOR));
  return {
    domain: domain.name,
    subject,
    state: 'note',
    figures,
    advice: `a batch is full after ${fullAfter}s: files are written then, not after writer.batching_window`,
  };
}

function bytesPerShard(domain: Domain, streams: readonly string[]): number {
  const bytes = domain.streams
    .filter(({ name }) => streams.includes(name))
    .reduce((sum, { rate }) => sum + rate.expectedPerSecond * rate.bytes, 0);
  return bytes / domain.stream.shards;
}

/** Each shard's batch writes one file per partition it touches; partitions by time are one at a time. */
function checkFiles(domain: Domain, stream: Stream): LimitCheck {
  const { rate, partition } = stream;
  const perShard = rate.expectedPerSecond / domain.stream.shards;
  const interval = Math.max(domain.writer.batchingWindowSeconds, 1);
  // A shard without an event in the interval has nothing to write.
  const batches =
    Math.min(SECONDS_PER_HOUR / interval, perShard * SECONDS_PER_HOUR) * domain.stream.shards;
  const rowsPerBatch = (rate.expectedPerSecond * SECONDS_PER_HOUR) / batches;
  const buckets = partition.bronze.reduce(
    (count, term) => count * (term.transform === 'bucket' ? (term.parameter ?? 1) : 1),
    1,
  );
  const files = batches * Math.min(buckets, Math.max(1, rowsPerBatch));
  const rows = (rate.expectedPerSecond * SECONDS_PER_HOUR) / files;
  const many = files > MANY_FILES_PER_HOUR;
  return {
    domain: domain.name,
    subject: `files of ${stream.name}`,
    state: many ? 'note' : 'ok',
    figures: `${shorten(files)} an hour with ${shorten(rows)} rows each: ${domain.stream.shards} shard${domain.stream.shards === 1 ? '' : 's'}, a batch every ${interval}s${buckets > 1 ? `, ${buckets} buckets` : ''}`,
    advice: many ? 'a longer writer.batching_window makes fewer, larger files' : null,
  };
}

/** A commit is a compare-and-swap of a table's metadata: writers that commit by themselves lose it to each other. */
function checkCommits(domain: Domain): LimitCheck {
  const { commit, commitIntervalSeconds, batchingWindowSeconds } = domain.writer;
  const shared = { domain: domain.name, subject: 'commits of each table' };
  if (commit === 'group') {
    const figures = `at most ${shorten(SECONDS_PER_HOUR / commitIntervalSeconds)} an hour, each of what all shards staged in ${commitIntervalSeconds}s`;
    return { ...shared, state: 'ok', figures, advice: null };
  }
  const isKafka = domain.buffer === 'kafka';
  const lanes =
    topicsOf(domain).length * (isKafka ? domain.kafka.partitions : domain.stream.shards);
  const word = isKafka ? 'partition' : 'shard';
  const perLane = SECONDS_PER_HOUR / Math.max(batchingWindowSeconds, 1);
  return {
    ...shared,
    state: lanes === 1 ? 'ok' : 'note',
    figures: `at most ${shorten(perLane * lanes)} an hour, one per batch of ${lanes} ${word}${lanes === 1 ? '' : 's'}`,
    advice:
      lanes === 1
        ? null
        : `writers of several ${word}s take the swap from each other and commit again: set writer.commit: group`,
  };
}
