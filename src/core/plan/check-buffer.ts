import type { Domain, Stream } from '../config/project.ts';
import { bufferStreamName, topicsOf } from '../config/topic.ts';
import { SINK_KINDS } from '../sink/sink-kinds.ts';
import { formatBytes, type LimitCheck, shorten } from './limit-check.ts';

/** What one shard takes in. Source: Kinesis Data Streams quotas. */
export const SHARD_WRITE_BYTES_PER_SECOND = 1_000_000;
export const SHARD_WRITE_RECORDS_PER_SECOND = 1_000;
/** What one shard gives to all standard readers together. Source: same page. */
export const SHARD_READ_BYTES_PER_SECOND = 2_000_000;
export const SHARD_READS_PER_SECOND = 5;

/** With a fourth reader, polls of one another's making throttle each other for longer than they read. */
export const MAX_STANDARD_READERS = 3;

/** Functions that read each stream of a domain's buffer, whatever its streams say. */
const READERS = ['lake-writer', 'ledger'] as const;

/** What one poller takes from Kafka. Source: AWS Lambda, "Kafka event poller scaling modes". */
const POLLER_BYTES_PER_SECOND = 5_000_000;

/**
 * Bytes on the buffer beyond those of the event: header with the schema version, and what its place in an
 * aggregated record takes at most (tags, lengths, indexes of key and hash key).
 */
const EVENT_OVERHEAD_BYTES = 18 + 32;

/** Load of one stream of the buffer, per second. */
interface Load {
  readonly events: number;
  readonly bytes: number;
}

/** One stream of the buffer, with what it has to carry. */
interface BufferStream {
  readonly name: string;
  readonly expected: Load;
  readonly peak: Load;
  readonly readers: readonly string[];
}

/** Shards and readers, or partitions and pollers, of every stream of a domain's buffer. */
export function checkBuffer(environment: string, domain: Domain): readonly LimitCheck[] {
  return topicsOf(domain).flatMap((topic) => {
    const streams = domain.streams.filter(({ name }) => topic.streams.includes(name));
    const buffer: BufferStream = {
      name: bufferStreamName(environment, domain, topic),
      expected: loadOf(streams, ({ rate }) => rate.expectedPerSecond),
      peak: loadOf(streams, ({ rate }) => rate.peakPerSecond),
      readers: [...READERS, ...sinksOf(streams)],
    };
    return domain.buffer === 'kafka'
      ? [checkPollers(domain, buffer)]
      : [checkShards(domain, buffer), checkReaders(domain, buffer)];
  });
}

/** Each kind of sink reads the stream with a function of its own. */
function sinksOf(streams: readonly Stream[]): readonly string[] {
  const kinds = SINK_KINDS.filter(({ name }) => streams.some(({ sinks }) => sinks.includes(name)));
  return kinds.map(({ name }) => name);
}

function loadOf(streams: readonly Stream[], perSecond: (stream: Stream) => number): Load {
  return streams.reduce<Load>(
    (sum, stream) => ({
      events: sum.events + perSecond(stream),
      bytes: sum.bytes + perSecond(stream) * (stream.rate.bytes + EVENT_OVERHEAD_BYTES),
    }),
    { events: 0, bytes: 0 },
  );
}

/** Shards for a load of aggregated records, of which even the smallest holds many events. */
export function shardsFor({ bytes }: Load): number {
  return Math.max(1, Math.ceil(bytes / SHARD_WRITE_BYTES_PER_SECOND));
}

/** The same for producers that send one record per event. */
export function shardsWithoutAggregation({ events, bytes }: Load): number {
  return Math.max(shardsFor({ events, bytes }), Math.ceil(events / SHARD_WRITE_RECORDS_PER_SECOND));
}

function checkShards(domain: Domain, { name, expected, peak }: BufferStream): LimitCheck {
  const { shards } = domain.stream;
  const needed = shardsFor(peak);
  const plain = shardsWithoutAggregation(peak);
  const figures =
    `${shards} for ${shorten(expected.events)}/s (${formatBytes(expected.bytes)}/s), peak ${shorten(peak.events)}/s ` +
    `(${formatBytes(peak.bytes)}/s); needed: ${shardsFor(expected)}, at peak ${needed}, without aggregation ${plain}`;
  const subject = `shards of ${name}`;
  if (needed > shards) {
    const advice = `raise stream.shards to ${needed}, or lower rate.peak: what is beyond is refused and sent again`;
    return { domain: domain.name, subject, state: 'broken', figures, advice };
  }
  const advice = `producers that do not aggregate need ${plain} shards at peak`;
  return plain > shards
    ? { domain: domain.name, subject, state: 'note', figures, advice }
    : { domain: domain.name, subject, state: 'ok', figures, advice: null };
}

function checkReaders(domain: Domain, { name, peak, readers }: BufferStream): LimitCheck {
  const bytes = (peak.bytes / domain.stream.shards) * readers.length;
  const isTooMany = readers.length > MAX_STANDARD_READERS;
  const fits = !isTooMany && bytes <= SHARD_READ_BYTES_PER_SECOND;
  const advice = isTooMany
    ? 'give the streams fewer sinks, or topics of their own (topics: stream)'
    : 'raise stream.shards, or lower rate.peak: readers would fall behind';
  return {
    domain: domain.name,
    subject: `readers of ${name}`,
    state: fits ? 'ok' : 'broken',
    figures:
      `${readers.length} of ${MAX_STANDARD_READERS} (${readers.join(', ')}) share ${SHARD_READS_PER_SECOND} reads/s per shard; ` +
      `at peak ${formatBytes(bytes)}/s of ${formatBytes(SHARD_READ_BYTES_PER_SECOND)}/s`,
    advice: fits ? null : advice,
  };
}

/** A partition is read by one poller at a time, and a poller takes so much at most. */
function checkPollers(domain: Domain, { name, expected, peak }: BufferStream): LimitCheck {
  const { partitions, pollers } = domain.kafka;
  const readers = Math.min(partitions, pollers?.max ?? partitions);
  const needed = Math.max(1, Math.ceil(peak.bytes / POLLER_BYTES_PER_SECOND));
  const fits = needed <= readers;
  const limit = pollers === null ? 'on demand' : `at most ${pollers.max} pollers`;
  return {
    domain: domain.name,
    subject: `partitions of ${name}`,
    state: fits ? 'ok' : 'broken',
    figures: `${partitions}, ${limit}, for ${formatBytes(expected.bytes)}/s, peak ${formatBytes(peak.bytes)}/s; pollers needed at peak: ${needed}`,
    advice: fits ? null : `raise kafka.partitions and kafka.pollers.max to ${needed}`,
  };
}
