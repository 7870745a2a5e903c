import { readFileSync, rmSync } from 'node:fs';
import { SluiceError } from '#core/errors.ts';
import { replaceFile } from '#embedded/replace-file.ts';
import { lowestPosition, type ShardPosition } from './shard-position.ts';

/** What a mapping cannot change without becoming another one. Source: CloudFormation, "Update requires: Replacement". */
export interface MappingIdentity {
  readonly streamArn: string;
  readonly startingPosition: string;
  readonly startingTimestampMs: number | null;
}

/** Where the text of the checkpoints is kept: a file, or memory in tests. `save` replaces it as a whole. */
export interface CheckpointStorage {
  readonly name: string;
  load(): string | null;
  save(text: string): void;
  remove(): void;
}

interface StoredCheckpoints extends MappingIdentity {
  /** 1 had one position per shard and no timestamp. */
  readonly version: 1 | 2;
  /** One position per lane of the shard, in lane order. */
  readonly shards: Readonly<Record<string, ShardPosition | readonly ShardPosition[]>>;
}

const IDENTITY = ['streamArn', 'startingPosition', 'startingTimestampMs'] as const;

/** Positions of one mapping. Every change is stored before the method returns. */
export class Checkpoints {
  readonly #storage: CheckpointStorage;
  readonly #identity: MappingIdentity;
  readonly #shards: Map<string, readonly ShardPosition[]>;
  #closed = false;

  private constructor(
    storage: CheckpointStorage,
    identity: MappingIdentity,
    shards: ReadonlyMap<string, readonly ShardPosition[]>,
  ) {
    this.#storage = storage;
    this.#identity = identity;
    this.#shards = new Map(shards);
  }

  /** The positions of an existing mapping; null when there are none. Throws when they belong to another mapping. */
  static open(storage: CheckpointStorage, identity: MappingIdentity): Checkpoints | null {
    const stored = readStored(storage);
    if (stored === null) return null;
    for (const property of IDENTITY) {
      const before = stored[property] ?? null;
      if (before === identity[property]) continue;
      throw new Error(
        `${property} of an event source mapping changed from ${before} to ${identity[property]}, ` +
          'which AWS answers with a new mapping; give it a new id',
      );
    }
    const shards = Object.entries(stored.shards).map(
      ([shardId, positions]) =>
        [shardId, Array.isArray(positions) ? positions : [positions]] as const,
    );
    return new Checkpoints(storage, identity, new Map(shards));
  }

  static create(
    storage: CheckpointStorage,
    identity: MappingIdentity,
    options: { readonly shards: ReadonlyMap<string, ShardPosition> },
  ): Checkpoints {
    const shards = [...options.shards].map(([shardId, position]) => [shardId, [position]] as const);
    const created = new Checkpoints(storage, identity, new Map(shards));
    created.#save();
    return created;
  }

  /** Everything up to this position is done with in every lane. */
  get(shardId: string): ShardPosition {
    return lowestPosition(this.#shards.get(shardId) ?? [null]);
  }

  /** Position of each lane. A number of lanes other than the stored one starts every lane at the lowest position. */
  lanes(shardId: string, count: number): readonly ShardPosition[] {
    const stored = this.#shards.get(shardId);
    if (stored?.length === count) return stored;
    return new Array<ShardPosition>(count).fill(this.get(shardId));
  }

  /** Does nothing after `close`: another process may own the storage. */
  set(shardId: string, lanes: readonly ShardPosition[]): void {
    if (this.#closed) return;
    this.#shards.set(shardId, lanes);
    this.#save();
  }

  /** Forgets shards that the stream no longer has. */
  retain(shardIds: ReadonlySet<string>): void {
    const gone = [...this.#shards.keys()].filter((shardId) => !shardIds.has(shardId));
    if (gone.length === 0 || this.#closed) return;
    for (const shardId of gone) this.#shards.delete(shardId);
    this.#save();
  }

  close(): void {
    this.#closed = true;
  }

  remove(): void {
    this.#closed = true;
    this.#storage.remove();
  }

  #save(): void {
    const shards = Object.fromEntries(this.#shards);
    const stored: StoredCheckpoints = { version: 2, ...this.#identity, shards };
    this.#storage.save(`${JSON.stringify(stored, null, 2)}\n`);
  }
}

export function checkpointFile(file: string): CheckpointStorage {
  return {
    name: file,
    load: () => readTextIfThere(file),
    save: (text) => replaceFile(file, text),
    remove: () => rmSync(file, { force: true }),
  };
}

export function readTextIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function readStored(storage: CheckpointStorage): StoredCheckpoints | null {
  const text = storage.load();
  if (text === null) return null;
  try {
    const stored = JSON.parse(text) as StoredCheckpoints;
    if (stored.version === 1 || stored.version === 2) return stored;
  } catch (error) {
    throw unreadable(storage.name, error);
  }
  throw unreadable(storage.name, undefined);
}

function unreadable(name: string, cause: unknown): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `${name} is not a checkpoint file of version 1 or 2; restore it, or delete it to start from the mapping's starting position`,
    { cause },
  );
}
