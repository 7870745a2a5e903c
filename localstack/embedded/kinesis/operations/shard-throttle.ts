import { AwsError } from '#embedded/gateway/json-protocol.ts';
import { LOCAL_ACCOUNT } from '#embedded/services.ts';

/** Limits of one shard. Source: Kinesis Data Streams quotas. */
const WRITE_BYTES_PER_SECOND = 1024 * 1024;
const WRITE_RECORDS_PER_SECOND = 1000;
const READ_CALLS_PER_SECOND = 5;
const READ_BYTES_PER_SECOND = 2 * 1024 * 1024;

/** A quantity that refills at a constant rate up to one second's worth. It may be overdrawn. */
class Allowance {
  readonly #perSecond: number;
  #available: number;
  #filledMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#available = perSecond;
    this.#filledMs = nowMs;
  }

  available(nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - this.#filledMs);
    const refilled = this.#available + (elapsedMs * this.#perSecond) / 1000;
    this.#available = Math.min(this.#perSecond, refilled);
    this.#filledMs = nowMs;
    return this.#available;
  }

  take(amount: number): void {
    this.#available -= amount;
  }

  /** Takes what cannot be refused any more; more than a second's worth uses the saved second up as well. */
  charge(amount: number): void {
    this.#available = amount > this.#perSecond ? -amount : this.#available - amount;
  }
}

interface ShardAllowances {
  readonly writeBytes: Allowance;
  readonly writeRecords: Allowance;
  readonly readCalls: Allowance;
  readonly readBytes: Allowance;
}

/** Throughput limits per shard, for tests of producers and consumers that have to live with them. */
export class ShardThrottle {
  readonly #shards = new Map<string, ShardAllowances>();

  /** Takes a record's share, or takes nothing and returns false. */
  admitRecord(shardKey: string, sizeBytes: number, nowMs: number): boolean {
    const { writeBytes, writeRecords } = this.#allowances(shardKey, nowMs);
    // A record above 1 MiB needs a full second's worth and overdraws it: the rate is 1 MiB on average.
    const neededBytes = Math.min(sizeBytes, WRITE_BYTES_PER_SECOND);
    if (writeRecords.available(nowMs) < 1 || writeBytes.available(nowMs) < neededBytes) {
      return false;
    }
    writeRecords.take(1);
    writeBytes.take(sizeBytes);
    return true;
  }

  /** Takes one GetRecords call, or returns false: too many calls, or an earlier answer used the bytes up. */
  admitRead(shardKey: string, nowMs: number): boolean {
    const { readCalls, readBytes } = this.#allowances(shardKey, nowMs);
    if (readCalls.available(nowMs) < 1 || readBytes.available(nowMs) <= 0) return false;
    readCalls.take(1);
    return true;
  }

  /** 10 MiB keep the shard from being read for 5 seconds. Source: Kinesis Data Streams quotas, GetRecords. */
  chargeRead(shardKey: string, sizeBytes: number, nowMs: number): void {
    this.#allowances(shardKey, nowMs).readBytes.charge(sizeBytes);
  }

  #allowances(shardKey: string, nowMs: number): ShardAllowances {
    let allowances = this.#shards.get(shardKey);
    if (allowances === undefined) {
      allowances = {
        writeBytes: new Allowance(WRITE_BYTES_PER_SECOND, nowMs),
        writeRecords: new Allowance(WRITE_RECORDS_PER_SECOND, nowMs),
        readCalls: new Allowance(READ_CALLS_PER_SECOND, nowMs),
        readBytes: new Allowance(READ_BYTES_PER_SECOND, nowMs),
      };
      this.#shards.set(shardKey, allowances);
    }
    return allowances;
  }
}

export function throughputExceeded(streamName: string, shardId: string): AwsError {
  return new AwsError(
    'ProvisionedThroughputExceededException',
    `Rate exceeded for shard ${shardId} in stream ${streamName} under account ${LOCAL_ACCOUNT}.`,
  );
}
