import { readFileSync } from 'node:fs';
import { SluiceError } from '#core/errors.ts';
import { replaceFile } from '#embedded/replace-file.ts';

/** What a mapping cannot change without becoming another one. Source: CloudFormation, "Update requires: Replacement". */
export interface MappingIdentity {
  readonly streamArn: string;
  readonly startingPosition: string;
}

interface StoredCheckpoints extends MappingIdentity {
  readonly version: 1;
  /** Last sequence number done with; null while there is none. */
  readonly shards: Readonly<Record<string, string | null>>;
}

/** Positions of one mapping. Every change is in the file, which is replaced as a whole, before the method returns. */
export class CheckpointFile {
  readonly #file: string;
  readonly #identity: MappingIdentity;
  readonly #shards: Map<string, string | null>;
  #closed = false;

  private constructor(
    file: string,
    identity: MappingIdentity,
    shards: ReadonlyMap<string, string | null>,
  ) {
    this.#file = file;
    this.#identity = identity;
    this.#shards = new Map(shards);
  }

  /** The positions of an existing mapping; null when the file does not exist. Throws when it belongs to another mapping. */
  static open(file: string, identity: MappingIdentity): CheckpointFile | null {
    const stored = readStored(file);
    if (stored === null) return null;
    for (const property of ['streamArn', 'startingPosition'] as const) {
      if (stored[property] === identity[property]) continue;
      throw new Error(
        `${property} of an event source mapping changed from ${stored[property]} to ${identity[property]}, ` +
          'which AWS answers with a new mapping; give it a new id',
      );
    }
    return new CheckpointFile(file, identity, new Map(Object.entries(stored.shards)));
  }

  static create(
    file: string,
    identity: MappingIdentity,
    options: { readonly shards: ReadonlyMap<string, string | null> },
  ): CheckpointFile {
    const created = new CheckpointFile(file, identity, options.shards);
    created.#save();
    return created;
  }

  get(shardId: string): string | null {
    return this.#shards.get(shardId) ?? null;
  }

  /** Returns false, changing nothing, after `close`: another process may own the file. */
  set(shardId: string, sequenceNumber: string): boolean {
    if (this.#closed) return false;
    this.#shards.set(shardId, sequenceNumber);
    this.#save();
    return true;
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

  #save(): void {
    const shards = Object.fromEntries(this.#shards);
    const stored: StoredCheckpoints = { version: 1, ...this.#identity, shards };
    replaceFile(this.#file, `${JSON.stringify(stored, null, 2)}\n`);
  }
}

function readStored(file: string): StoredCheckpoints | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const stored = JSON.parse(text) as StoredCheckpoints;
    if (stored.version === 1) return stored;
  } catch (error) {
    throw unreadable(file, error);
  }
  throw unreadable(file, undefined);
}

function unreadable(file: string, cause: unknown): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `${file} is not a checkpoint file of version 1; restore it, or delete it to start from the mapping's starting position`,
    { cause },
  );
}
