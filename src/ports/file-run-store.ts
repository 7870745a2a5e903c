/** A file of an entry: its name below the entry and what tells its content, see fileIdentity. */
export interface FileRunKey {
  readonly domain: string;
  readonly entry: string;
  /** `<name>@<version>` */
  readonly file: string;
}

/** The right to work on a file, for a time. */
export interface FileRunLease {
  readonly key: FileRunKey;
  /** Goes up with every lease that is given: a holder of an earlier one changes nothing any more. */
  readonly fence: number;
}

export interface FileRunRecord {
  readonly key: FileRunKey;
  /** Text of the run's state, see encodeFileRun. */
  readonly state: string;
  /** The ledger has booked what was read. */
  readonly isBooked: boolean;
}

export type FileRunAcquired =
  | { readonly kind: 'held'; readonly lease: FileRunLease; readonly state: string | null }
  /** Somebody else works on the file; an empty owner has given it back meanwhile. */
  | { readonly kind: 'busy'; readonly owner: string; readonly untilMs: number };

/** Where ingestion of files is remembered, for as long as a file may be uploaded again. Every read sees every write before it. */
export interface FileRunStore {
  /** Takes the lease when nobody has it, or it ran out before `freeBeforeMs`. */
  acquire(
    key: FileRunKey,
    request: { readonly owner: string; readonly freeBeforeMs: number; readonly untilMs: number },
  ): Promise<FileRunAcquired>;
  /** Lets the lease last until a time; says nothing of the state. Throws COMMIT_CONFLICT when it is somebody else's by now. */
  renew(lease: FileRunLease, untilMs: number): Promise<void>;
  /** Replaces the state; safe to repeat. Throws COMMIT_CONFLICT when the lease is somebody else's by now. */
  save(lease: FileRunLease, state: string): Promise<void>;
  /** Gives the lease back, if it is still held; the state stays. */
  release(lease: FileRunLease): Promise<void>;
  /** Null before the first save. */
  get(key: FileRunKey): Promise<FileRunRecord | null>;
  /** All runs of an entry. */
  list(domain: string, entry: string): AsyncIterable<FileRunRecord>;
  /** Notes that a file has something for the ledger; safe to repeat. */
  announce(key: FileRunKey): Promise<void>;
  /** Files that are announced. */
  announced(domain: string): AsyncIterable<FileRunKey>;
  /** Marks the run as booked, then takes the announcement back; safe to repeat. */
  settle(key: FileRunKey): Promise<void>;
}
