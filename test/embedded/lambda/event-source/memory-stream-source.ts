import type { StreamSource } from '#embedded/lambda/event-source/shard-reader.ts';
import type { KinesisRecordView, KinesisShardView } from '#embedded/services.ts';

interface MemoryShard {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly records: KinesisRecordView[];
  closed: boolean;
}

/** A stream in memory, where keys are placed by hand: for histories of mappings, by the thousand. */
export class MemoryStreamSource implements StreamSource {
  readonly #shards: MemoryShard[] = [];
  readonly #listeners = new Set<(shardId: string) => void>();
  readonly #nowMs: () => number;
  #sequence = 0;

  constructor(shardCount: number, nowMs: () => number) {
    this.#nowMs = nowMs;
    for (let i = 0; i < shardCount; i++) this.#open([]);
  }

  get openShardIds(): readonly string[] {
    return this.#shards.filter((shard) => !shard.closed).map((shard) => shard.shardId);
  }

  put(shardId: string, partitionKey: string, text: string): string {
    const sequenceNumber = String(++this.#sequence).padStart(12, '0');
    const data = Buffer.from(text);
    const arrivalMs = this.#nowMs();
    this.#find(shardId).records.push({ sequenceNumber, partitionKey, data, arrivalMs });
    this.#notify([shardId]);
    return sequenceNumber;
  }

  split(shardId: string): readonly string[] {
    this.#find(shardId).closed = true;
    const children = [this.#open([shardId]), this.#open([shardId])];
    this.#notify([shardId, ...children]);
    return children;
  }

  merge(shardId: string, adjacentId: string): string {
    for (const parent of [shardId, adjacentId]) this.#find(parent).closed = true;
    const child = this.#open([shardId, adjacentId]);
    this.#notify([shardId, adjacentId, child]);
    return child;
  }

  /** Drops records that arrived before a time, and closed shards without any left. */
  trim(beforeMs: number): void {
    for (const shard of this.#shards) {
      const kept = shard.records.findIndex((record) => record.arrivalMs >= beforeMs);
      shard.records.splice(0, kept === -1 ? shard.records.length : kept);
    }
    const gone = this.#shards.filter((shard) => shard.closed && shard.records.length === 0);
    for (const shard of gone) this.#shards.splice(this.#shards.indexOf(shard), 1);
  }

  listShards(): readonly KinesisShardView[] {
    return this.#shards.map(({ shardId, parentShardIds, closed }) => ({
      shardId,
      parentShardIds,
      closed,
    }));
  }

  async readAfter(
    _streamName: string,
    shardId: string,
    read: Parameters<StreamSource['readAfter']>[2],
  ): Promise<readonly KinesisRecordView[]> {
    const { afterSequenceNumber, limit, maxBytes } = read;
    const found: KinesisRecordView[] = [];
    let sizeBytes = 0;
    for (const record of this.#find(shardId).records) {
      if (afterSequenceNumber !== null && record.sequenceNumber <= afterSequenceNumber) continue;
      sizeBytes += record.data.length;
      if (found.length >= limit || (found.length > 0 && sizeBytes > maxBytes)) break;
      found.push(record);
    }
    return found;
  }

  latestSequenceNumber(_streamName: string, shardId: string): string | null {
    return this.#find(shardId).records.at(-1)?.sequenceNumber ?? null;
  }

  positionBefore(_streamName: string, shardId: string, timestampMs: number): string {
    const earlier = this.#find(shardId).records.filter((each) => each.arrivalMs < timestampMs);
    return earlier.at(-1)?.sequenceNumber ?? '0'.repeat(12);
  }

  onChange(_streamName: string, listener: (shardId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #open(parentShardIds: readonly string[]): string {
    const index = Number(this.#shards.at(-1)?.shardId.slice(8) ?? -1) + 1;
    const shardId = `shardId-${String(index).padStart(12, '0')}`;
    this.#shards.push({ shardId, parentShardIds, records: [], closed: false });
    return shardId;
  }

  #find(shardId: string): MemoryShard {
    const shard = this.#shards.find((each) => each.shardId === shardId);
    if (shard === undefined) throw new Error(`no shard ${shardId}`);
    return shard;
  }

  #notify(shardIds: readonly string[]): void {
    for (const shardId of shardIds) for (const listener of this.#listeners) listener(shardId);
  }
}
