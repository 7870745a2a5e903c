import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '#core/errors.ts';
import { AwsError } from '#embedded/gateway/json-protocol.ts';
import { ShardLog } from '#embedded/kinesis/log/shard-log.ts';
import { replaceFile } from '#embedded/replace-file.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';
import type { Shard } from './shard-map.ts';

export interface Stream {
  readonly name: string;
  /** Folder of its logs: a stream that is deleted and created again gets another one. */
  readonly folder: string;
  readonly createdMs: number;
  readonly retentionHours: number;
  /** Records that arrived earlier were cut off by a shorter retention, and stay so when it becomes longer again. @default 0 */
  readonly trimmedBeforeMs?: number;
  /** Key and data of one record together, in KiB. @default DEFAULT_RECORD_KIB */
  readonly maxRecordKib?: number;
  /** What the template asked for last: only a change of it reshards the stream at a start. */
  readonly declaredShardCount: number;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  /** In the order of their index. */
  readonly shards: readonly Shard[];
}

interface StoredStreams {
  readonly version: 1;
  readonly nextFolder: number;
  readonly streams: readonly Stream[];
}

const HOUR_MS = 3_600_000;
/** Range of MaxRecordSizeInKiB. Source: Kinesis API, UpdateMaxRecordSize. */
export const DEFAULT_RECORD_KIB = 1024;
export const MAX_RECORD_KIB = 10_240;

export function streamArn(name: string): string {
  return `arn:aws:kinesis:${LOCAL_REGION}:${LOCAL_ACCOUNT}:stream/${name}`;
}

/** Arrival time from which on records are still kept. */
export function oldestKeptMs(stream: Stream, nowMs: number): number {
  return Math.max(nowMs - stream.retentionHours * HOUR_MS, stream.trimmedBeforeMs ?? 0);
}

/** The stream with another retention period; what a shorter one cuts off does not come back. */
export function withRetention(stream: Stream, retentionHours: number, nowMs: number): Stream {
  const trimmedBeforeMs = oldestKeptMs({ ...stream, retentionHours }, nowMs);
  const isShorter = retentionHours < stream.retentionHours;
  return { ...stream, retentionHours, ...(isShorter ? { trimmedBeforeMs } : {}) };
}

export interface StreamStoreOptions {
  /** @default DEFAULT_SEGMENT_BYTES */
  readonly segmentBytes?: number;
}

/**
 * The streams and their shard maps, in `streams.json` (replaced as a whole at every change), and the
 * open shard logs beside it.
 */
export class StreamStore {
  readonly #stateDir: string;
  readonly #options: StreamStoreOptions;
  readonly #streams = new Map<string, Stream>();
  readonly #logs = new Map<string, ShardLog>();
  #nextFolder = 1;

  constructor(stateDir: string, options: StreamStoreOptions) {
    this.#stateDir = stateDir;
    this.#options = options;
    mkdirSync(stateDir, { recursive: true });
    const stored = readStored(this.#file);
    for (const stream of stored?.streams ?? []) this.#streams.set(stream.name, stream);
    this.#nextFolder = stored?.nextFolder ?? 1;
    this.#deleteOrphans();
  }

  get #file(): string {
    return path.join(this.#stateDir, 'streams.json');
  }

  find(name: string): Stream | undefined {
    return this.#streams.get(name);
  }

  /** The stream, or ResourceNotFoundException. */
  require(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream === undefined) {
      throw new AwsError(
        'ResourceNotFoundException',
        `Stream ${name} under account ${LOCAL_ACCOUNT} not found.`,
      );
    }
    return stream;
  }

  /** In the order of their names. */
  list(): readonly Stream[] {
    return [...this.#streams.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  create(stream: Omit<Stream, 'folder'>): Stream {
    const created = { ...stream, folder: `stream-${String(this.#nextFolder).padStart(6, '0')}` };
    this.#save(new Map(this.#streams).set(stream.name, created), this.#nextFolder + 1);
    return created;
  }

  /** Applies a change of an existing stream; nothing is changed when it cannot be written. */
  update(stream: Stream): void {
    this.#save(new Map(this.#streams).set(stream.name, stream), this.#nextFolder);
  }

  delete(stream: Stream): void {
    const rest = new Map(this.#streams);
    rest.delete(stream.name);
    this.#save(rest, this.#nextFolder);
    for (const shard of stream.shards) this.#closeLog(stream, shard);
    rmSync(path.join(this.#stateDir, stream.folder), { recursive: true, force: true });
  }

  log(stream: Stream, shard: Shard): ShardLog {
    const folder = this.#logFolder(stream, shard);
    let log = this.#logs.get(folder);
    if (log === undefined) {
      log = new ShardLog(folder, { start: shard.start, ...this.#options });
      this.#logs.set(folder, log);
    }
    return log;
  }

  /** Deletes what is past the retention period: whole segments, and closed shards of which nothing is left. */
  expire(nowMs: number): void {
    for (const stream of this.list()) {
      const oldestMs = oldestKeptMs(stream, nowMs);
      const expired = stream.shards.filter(
        (shard) => shard.end !== null && shard.end.arrivalMs < oldestMs,
      );
      if (expired.length > 0) {
        this.update({ ...stream, shards: stream.shards.filter((s) => !expired.includes(s)) });
        for (const shard of expired) {
          this.#closeLog(stream, shard);
          rmSync(this.#logFolder(stream, shard), { recursive: true, force: true });
        }
      }
      for (const shard of this.require(stream.name).shards) {
        this.log(stream, shard).deleteBefore(oldestMs);
      }
    }
  }

  close(): void {
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }

  #logFolder(stream: Stream, shard: Shard): string {
    return path.join(this.#stateDir, stream.folder, String(shard.index).padStart(12, '0'));
  }

  #closeLog(stream: Stream, shard: Shard): void {
    const folder = this.#logFolder(stream, shard);
    this.#logs.get(folder)?.close();
    this.#logs.delete(folder);
  }

  #save(streams: ReadonlyMap<string, Stream>, nextFolder: number): void {
    const stored: StoredStreams = { version: 1, nextFolder, streams: [...streams.values()] };
    replaceFile(this.#file, `${JSON.stringify(stored, writeBigint, 2)}\n`);
    this.#nextFolder = nextFolder;
    this.#streams.clear();
    for (const stream of streams.values()) this.#streams.set(stream.name, stream);
  }

  /** A process that is killed inside `delete` leaves the folder behind. */
  #deleteOrphans(): void {
    const kept = new Set([...this.#streams.values()].map((stream) => stream.folder));
    for (const name of readdirSync(this.#stateDir)) {
      if (!name.startsWith('stream-') || kept.has(name)) continue;
      rmSync(path.join(this.#stateDir, name), { recursive: true, force: true });
    }
  }
}

/** Hash keys exceed what a JSON number keeps. */
function writeBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function readBigint(key: string, value: unknown): unknown {
  return key === 'startingHashKey' || key === 'endingHashKey' ? BigInt(String(value)) : value;
}

function readStored(file: string): StoredStreams | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const stored = JSON.parse(text, readBigint) as StoredStreams;
    if (stored.version === 1) return stored;
  } catch (error) {
    throw unreadable(file, error);
  }
  throw unreadable(file, undefined);
}

function unreadable(file: string, cause: unknown): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `${file} is not a stream map of version 1; restore it or delete the state folder`,
    { cause },
  );
}
