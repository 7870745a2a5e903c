import { setTimeout as delay } from 'node:timers/promises';
import { Consumer, FetchIsolationLevels, findErrorBy } from '@platformatic/kafka';
import { hasCode, SluiceError } from '#core/errors.ts';
import { clientOptions, type KafkaConnection } from './kafka-connection.ts';
import { type KafkaLogRecord, readBatches } from './record-batch.ts';

export type { KafkaLogRecord } from './record-batch.ts';

/** A topic as it stands; another id under the same name is another topic. */
export interface KafkaTopic {
  readonly name: string;
  readonly id: string;
  /** Leader of each partition, by its number. */
  readonly leaders: readonly number[];
}

/** Offsets of a partition: the oldest kept, and the one the next record gets. */
export interface PartitionEnds {
  readonly start: bigint;
  readonly end: bigint;
}

export interface PartitionPage {
  readonly records: readonly KafkaLogRecord[];
  readonly nextOffset: bigint;
}

/** Reads one partition; it is used by one caller at a time. */
export interface PartitionReader {
  /**
   * Committed records from an offset on, what one fetch brings; `past-retention` when the offset is kept no more.
   * Throws SOURCE_UNAVAILABLE, and SOURCE_REPLACED when the topic of this id is no more.
   */
  read(
    fromOffset: bigint,
    room: { readonly maxBytes: number; readonly waitMs: number },
  ): Promise<PartitionPage | 'past-retention'>;
  close(): Promise<void>;
}

/** The topics of a cluster as logs: no consumer group, positions are the caller's. */
export interface KafkaLog {
  describeTopic(name: string): Promise<KafkaTopic>;
  /** By partition number. */
  partitionEnds(topic: KafkaTopic): Promise<readonly PartitionEnds[]>;
  openPartition(topic: KafkaTopic, partition: number): PartitionReader;
  close(): Promise<void>;
}

const EARLIEST = -2n;
const LATEST = -1n;
const CLIENT_ID = 'sluice-reader';
const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;

/** A leader that moved, or is being elected. Source: Apache Kafka, error codes. */
const MOVED = ['NOT_LEADER_OR_FOLLOWER', 'FENCED_LEADER_EPOCH', 'LEADER_NOT_AVAILABLE'];

export function openKafkaLog(connection: KafkaConnection): KafkaLog {
  const consumer = createConsumer(connection);
  const describeTopic = async (name: string): Promise<KafkaTopic> =>
    await unavailableOnFailure(`describe topic ${name}`, async () => {
      const { topics } = await consumer.metadata({ topics: [name], forceUpdate: true });
      const topic = topics.get(name);
      if (topic === undefined) throw new Error('the cluster has no such topic');
      return { name, id: topic.id, leaders: topic.partitions.map(({ leader }) => leader) };
    });
  return {
    describeTopic,
    partitionEnds: async ({ name, leaders }) =>
      await unavailableOnFailure(`list the offsets of ${name}`, async () => {
        const isolationLevel = FetchIsolationLevels.READ_COMMITTED;
        const [starts, ends] = await Promise.all(
          [EARLIEST, LATEST].map((timestamp) =>
            consumer.listOffsets({ topics: [name], timestamp, isolationLevel }),
          ),
        );
        return leaders.map((_leader, partition) => ({
          start: starts?.get(name)?.[partition] ?? 0n,
          end: ends?.get(name)?.[partition] ?? 0n,
        }));
      }),
    openPartition: (topic, partition) =>
      createPartitionReader(connection, { topic, partition, describeTopic }),
    close: async () => {
      await consumer.close();
    },
  };
}

function createConsumer(connection: KafkaConnection): Consumer {
  // A consumer group is only joined by consuming, which nothing here does.
  return new Consumer({ ...clientOptions(connection, CLIENT_ID), groupId: CLIENT_ID });
}

/** A connection of its own: brokers keep a fetch session per client, which two readers would tear apart. */
function createPartitionReader(
  connection: KafkaConnection,
  place: {
    readonly topic: KafkaTopic;
    readonly partition: number;
    readonly describeTopic: (name: string) => Promise<KafkaTopic>;
  },
): PartitionReader {
  const { partition, describeTopic } = place;
  let { topic } = place;
  const what = `read partition ${partition} of ${topic.name}`;
  let consumer = createConsumer(connection);
  const renew = async (): Promise<void> => {
    await consumer.close().catch(() => undefined);
    consumer = createConsumer(connection);
    const now = await describeTopic(topic.name);
    if (now.id !== topic.id) throw replaced(topic.name, `its id was ${topic.id}, now ${now.id}`);
    topic = now;
  };
  return {
    read: async (fromOffset, room) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await fetchPage(consumer, { topic, partition, fromOffset, ...room });
        } catch (error) {
          if (isApiError(error, ['OFFSET_OUT_OF_RANGE'])) return 'past-retention';
          if (hasCode(error, 'SOURCE_REPLACED')) throw error;
          if (attempt === MAX_ATTEMPTS) throw unavailable(what, error);
          if (!isApiError(error, MOVED)) await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1));
          await renew();
        }
      }
    },
    close: async () => {
      await consumer.close();
    },
  };
}

async function fetchPage(
  consumer: Consumer,
  request: {
    readonly topic: KafkaTopic;
    readonly partition: number;
    readonly fromOffset: bigint;
    readonly maxBytes: number;
    readonly waitMs: number;
  },
): Promise<PartitionPage> {
  const { topic, partition, fromOffset, maxBytes, waitMs } = request;
  const wanted = {
    partition,
    fetchOffset: fromOffset,
    partitionMaxBytes: maxBytes,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  };
  const { responses } = await consumer.fetch({
    node: topic.leaders[partition] ?? -1,
    topics: [{ topicId: topic.id, partitions: [wanted] }],
    minBytes: 1,
    maxBytes,
    maxWaitTime: waitMs,
    isolationLevel: FetchIsolationLevels.READ_COMMITTED,
  });
  // A fetch session leaves out partitions with nothing new.
  const found = responses[0]?.partitions[0];
  return readBatches(found?.records ?? [], {
    fromOffset,
    aborted: found?.abortedTransactions ?? [],
  });
}

/** What a position beyond the end of a partition means. */
export function replaced(topic: string, reason: string): SluiceError {
  return new SluiceError(
    'SOURCE_REPLACED',
    `topic ${topic} was deleted and created again (${reason}), and its offsets do not count on; raise kafka.generation of the domain and deploy it (docs/kafka.md, "a topic that was created again")`,
    { context: { topic } },
  );
}

export async function unavailableOnFailure<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw unavailable(what, cause);
  }
}

function unavailable(what: string, cause: unknown): SluiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SluiceError('SOURCE_UNAVAILABLE', `cannot ${what}: ${reason}`, { cause });
}

function isApiError(error: unknown, ids: readonly string[]): boolean {
  return error instanceof Error && ids.some((id) => findErrorBy(error, 'apiId', id) !== null);
}
