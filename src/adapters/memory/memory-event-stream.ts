import { createHash } from 'node:crypto';
import { SluiceError } from '#core/errors.ts';
import type {
  EventStream,
  PutOutcome,
  ShardInfo,
  StreamRecordIn,
  StreamRecordOut,
} from '#ports/event-stream.ts';

const HASH_SPACE = 1n << 128n;

interface MemoryShard {
  info: ShardInfo;
  readonly records: StreamRecordOut[];
}

/** Answers a put before the stream takes it: a failure code, or null to accept. Called once per record. */
export type PutFault = (record: StreamRecordIn, call: number) => string | null;

/** EventStream in memory with Kinesis's shard rules; faults are injected per record or per call. */
export class MemoryEventStream implements EventStream {
  readonly #shards: MemoryShard[];
  #sequence = 0n;
  #calls = 0;
  /** Fails single records with the code returned. */
  recordFault: PutFault = () => null;
  /** Fails whole calls. */
  callFault: (call: number) => boolean = () => false;
  /** Most calls that were under way at once, per shard. */
  readonly maxInFlight = new Map<string, number>();
  readonly #inFlight = new Map<string, number>();

  constructor(shardCount: number) {
    const width = HASH_SPACE / BigInt(shardCount);
    this.#shards = Array.from({ length: shardCount }, (_, index) => ({
      info: {
        shardId: shardName(index),
        startingHashKey: width * BigInt(index),
        endingHashKey: index === shardCount - 1 ? HASH_SPACE - 1n : width * BigInt(index + 1) - 1n,
        open: true,
        parentShardIds: [],
      },
      records: [],
    }));
  }

  /** Closes a shard and opens two children with half its hash range each. */
  split(shardId: string): void {
    const parent = this.#shard(shardId);
    const { startingHashKey, endingHashKey } = parent.info;
    const middle = (startingHashKey + endingHashKey) / 2n;
    parent.info = { ...parent.info, open: false };
    const ranges = [[startingHashKey, middle] as const, [middle + 1n, endingHashKey] as const];
    for (const [start, end] of ranges) {
      const info = {
        shardId: shardName(this.#shards.length),
        startingHashKey: start,
        endingHashKey: end,
        open: true,
        parentShardIds: [shardId],
      };
      this.#shards.push({ info, records: [] });
    }
  }

  async listShards(): Promise<readonly ShardInfo[]> {
    return this.#shards.map((shard) => shard.info);
  }

  async putRecords(
    _streamName: string,
    records: readonly StreamRecordIn[],
  ): Promise<readonly PutOutcome[]> {
    const call = this.#calls++;
    const touched = new Set(records.map((record) => this.#shardFor(record).info.shardId));
    for (const shardId of touched) this.#enter(shardId);
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (const shardId of touched)
      this.#inFlight.set(shardId, (this.#inFlight.get(shardId) ?? 1) - 1);
    if (this.callFault(call))
      throw new SluiceError('SOURCE_UNAVAILABLE', 'planted: the call failed');
    return records.map((record) => this.#append(record, call));
  }

  async *readShard(
    _streamName: string,
    shardId: string,
    after: string | null,
  ): AsyncGenerator<readonly StreamRecordOut[]> {
    const records = this.#shard(shardId).records.filter(
      (record) => after === null || record.sequenceNumber > after,
    );
    if (records.length > 0) yield records;
  }

  #append(record: StreamRecordIn, call: number): PutOutcome {
    const errorCode = this.recordFault(record, call);
    if (errorCode !== null) return { kind: 'failed', errorCode, message: 'planted' };
    const shard = this.#shardFor(record);
    const sequenceNumber = (++this.#sequence).toString().padStart(56, '0');
    shard.records.push({
      partitionKey: record.partitionKey,
      sequenceNumber,
      arrivalMs: 0,
      data: record.data,
    });
    return { kind: 'accepted', shardId: shard.info.shardId, sequenceNumber };
  }

  #enter(shardId: string): void {
    const inFlight = (this.#inFlight.get(shardId) ?? 0) + 1;
    this.#inFlight.set(shardId, inFlight);
    this.maxInFlight.set(shardId, Math.max(inFlight, this.maxInFlight.get(shardId) ?? 0));
  }

  #shardFor(record: StreamRecordIn): MemoryShard {
    const hash =
      record.explicitHashKey ??
      BigInt(`0x${createHash('md5').update(record.partitionKey).digest('hex')}`);
    const shard = this.#shards.find(
      ({ info }) => info.open && hash >= info.startingHashKey && hash <= info.endingHashKey,
    );
    if (shard === undefined)
      throw new SluiceError('FORMAT_CORRUPT', `no open shard covers hash key ${hash}`);
    return shard;
  }

  #shard(shardId: string): MemoryShard {
    const shard = this.#shards.find(({ info }) => info.shardId === shardId);
    if (shard === undefined) throw new SluiceError('SOURCE_UNAVAILABLE', `no shard ${shardId}`);
    return shard;
  }
}

function shardName(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}
