import { createHash } from 'node:crypto';
import { kinesisSource } from '#core/delivery/position.ts';
import { SluiceError } from '#core/errors.ts';
import { KINESIS_LAYOUT } from '#core/kinesis/hash-key.ts';
import type {
  EventStream,
  PutOutcome,
  ShardInfo,
  StreamRecordIn,
  StreamRecordOut,
} from '#ports/event-stream.ts';

const HASH_SPACE = 1n << 128n;
/** Limits of PutRecords. Source: Kinesis API, PutRecords. */
const MAX_RECORDS = 500;
const MAX_RECORD_BYTES = 1024 * 1024;
const MAX_REQUEST_BYTES = 5 * MAX_RECORD_BYTES;
const MAX_KEY_CHARACTERS = 256;

interface MemoryShard {
  info: ShardInfo;
  readonly records: StreamRecordOut[];
}

/** Answers a put before the stream takes it: a failure code, or null to accept. Called once per record. */
export type PutFault = (record: StreamRecordIn, call: number) => string | null;

/** EventStream in memory with Kinesis's shard rules; faults are injected per record or per call. */
export class MemoryEventStream implements EventStream {
  readonly layoutOf = () => KINESIS_LAYOUT;
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
  readonly #name: string | null;
  readonly #nowMs: () => number;

  /** With a name, a call that names another stream fails; without a clock every record arrives at 0. */
  constructor(
    shardCount: number,
    options: { readonly name?: string; readonly nowMs?: () => number } = {},
  ) {
    this.#name = options.name ?? null;
    this.#nowMs = options.nowMs ?? (() => 0);
    const width = HASH_SPACE / BigInt(shardCount);
    const name = this.#name ?? 'memory';
    this.#shards = Array.from({ length: shardCount }, (_, index) => ({
      info: {
        shardId: shardName(index),
        source: kinesisSource(name, shardName(index)),
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
    for (const [start, end] of ranges) this.#open([shardId], start, end);
  }

  /** Closes two neighbours and opens one child with both ranges. */
  merge(shardId: string, neighbour: string): void {
    const parents = [this.#shard(shardId), this.#shard(neighbour)].sort((a, b) =>
      a.info.startingHashKey < b.info.startingHashKey ? -1 : 1,
    );
    for (const parent of parents) parent.info = { ...parent.info, open: false };
    const [first, last] = [parents[0]?.info, parents.at(-1)?.info];
    this.#open([shardId, neighbour], first?.startingHashKey ?? 0n, last?.endingHashKey ?? 0n);
  }

  /** Drops every record so far, as when its retention has passed. */
  trim(): void {
    for (const { records } of this.#shards) records.length = 0;
  }

  async listShards(streamName?: string): Promise<readonly ShardInfo[]> {
    this.#requireStream(streamName);
    return this.#shards.map((shard) => shard.info);
  }

  async putRecords(
    streamName: string,
    records: readonly StreamRecordIn[],
  ): Promise<readonly PutOutcome[]> {
    this.#requireStream(streamName);
    requireWithinLimits(records);
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
    streamName: string,
    shardId: string,
    after: string | null,
  ): AsyncGenerator<readonly StreamRecordOut[]> {
    this.#requireStream(streamName);
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
      arrivalMs: this.#nowMs(),
      data: Uint8Array.from(record.data),
    });
    return { kind: 'accepted', shardId: shard.info.shardId, sequenceNumber };
  }

  #open(parentShardIds: readonly string[], startingHashKey: bigint, endingHashKey: bigint): void {
    const shardId = shardName(this.#shards.length);
    const source = kinesisSource(this.#name ?? 'memory', shardId);
    const info = { shardId, source, startingHashKey, endingHashKey, open: true, parentShardIds };
    this.#shards.push({ info, records: [] });
  }

  #requireStream(name: string | undefined): void {
    if (this.#name !== null && name !== this.#name)
      throw new SluiceError('SOURCE_UNAVAILABLE', `no stream ${name}`);
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

function requireWithinLimits(records: readonly StreamRecordIn[]): void {
  const sizes = records.map(
    ({ partitionKey, data }) => data.length + Buffer.byteLength(partitionKey),
  );
  const isValid =
    records.length >= 1 &&
    records.length <= MAX_RECORDS &&
    sizes.every((sizeBytes) => sizeBytes <= MAX_RECORD_BYTES) &&
    sizes.reduce((sum, sizeBytes) => sum + sizeBytes, 0) <= MAX_REQUEST_BYTES &&
    records.every(({ partitionKey, explicitHashKey = 0n }) => {
      const characters = [...partitionKey].length;
      const isKey = characters >= 1 && characters <= MAX_KEY_CHARACTERS;
      return isKey && explicitHashKey >= 0n && explicitHashKey < HASH_SPACE;
    });
  if (isValid) return;
  throw new SluiceError(
    'SOURCE_UNAVAILABLE',
    `put of ${records.length} records: expected 1 to ${MAX_RECORDS}, at most ${MAX_RECORD_BYTES} bytes each and ${MAX_REQUEST_BYTES} in all, keys of 1 to ${MAX_KEY_CHARACTERS} characters`,
  );
}

function shardName(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}
