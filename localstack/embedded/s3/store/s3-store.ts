import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '#core/errors.ts';
import { type Journal, openJournal } from '#embedded/journal.ts';
import { noSuchBucket } from '#embedded/s3/protocol/s3-error.ts';
import { type BlobFiles, openBlobFiles } from './blob-files.ts';
import type { IndexRecord } from './index-record.ts';
import { type Bucket, ObjectIndex } from './object-index.ts';

/** The journal is rewritten when it holds this many superseded records and they are the majority. */
const MIN_SUPERSEDED_RECORDS = 10_000;
const FORMAT = { name: 'sluice-s3-index', version: 1, title: 'S3 index' };

/** Index, journal and content files as one durable thing. */
export interface S3Store {
  readonly index: ObjectIndex;
  readonly blobs: BlobFiles;
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /**
   * Makes changes durable, then visible, in one synchronous step: whoever checks a precondition and
   * commits without awaiting in between is linearizable. Throws, changing nothing, when the disk refuses.
   */
  commit(records: readonly IndexRecord[]): void;
  /** Called after commits that hold an event; null before anybody listens. */
  onEvents: (() => void) | null;
  close(): void;
}

/**
 * Opens the state folder: replays the index, cuts off a torn write, removes files no object names.
 * Throws FORMAT_CORRUPT when the index is damaged or a content file is gone. One process at a time.
 */
export function openS3Store(options: {
  readonly stateDir: string;
  readonly nowMs: () => number;
  /** @default 10000 */
  readonly minSupersededRecords?: number;
}): S3Store {
  mkdirSync(options.stateDir, { recursive: true });
  const index = new ObjectIndex();
  // The checksum of every line was verified: what is in the journal was written by `commit`.
  const journal = openJournal(join(options.stateDir, 'index.journal'), FORMAT, (record) => {
    index.apply(record as IndexRecord);
  });
  const blobs = openBlobFiles(join(options.stateDir, 'blobs'));
  requireComplete(blobs.sweep(index.blobs()), index);
  const minSupersededRecords = options.minSupersededRecords ?? MIN_SUPERSEDED_RECORDS;
  let compactAtRecords = 0;
  const compactWhenDue = (): void => {
    const dueAtRecords = 2 * index.recordCount + minSupersededRecords;
    if (journal.recordCount <= Math.max(dueAtRecords, compactAtRecords)) return;
    // A failed rewrite leaves the old journal, which is complete: put the next attempt off.
    compactAtRecords = rewriteQuietly(journal, index) ? 0 : 2 * journal.recordCount;
  };
  compactWhenDue();
  const store: S3Store = {
    index,
    blobs,
    nowMs: options.nowMs,
    onEvents: null,
    commit(records) {
      journal.append(records);
      for (const blob of records.flatMap((record) => index.apply(record))) blobs.remove(blob);
      compactWhenDue();
      if (records.some((record) => 'event' in record)) store.onEvents?.();
    },
    close: () => journal.close(),
  };
  return store;
}

/** Throws NoSuchBucket. */
export function requireBucket(store: S3Store, name: string): Bucket {
  const bucket = store.index.bucket(name);
  if (bucket === null) throw noSuchBucket(name);
  return bucket;
}

/** S3 keeps times in whole seconds. */
export function nowInSecondsMs(store: S3Store): number {
  return Math.floor(store.nowMs() / 1000) * 1000;
}

function rewriteQuietly(journal: Journal, index: ObjectIndex): boolean {
  try {
    journal.rewrite(index.snapshot());
    return true;
  } catch {
    return false;
  }
}

function requireComplete(missingBlobs: readonly string[], index: ObjectIndex): void {
  const [first] = missingBlobs;
  if (first === undefined) return;
  const owner = ownerOf(index, first);
  throw new SluiceError(
    'FORMAT_CORRUPT',
    `the contents of ${missingBlobs.length} objects are missing in the S3 state folder, first ${owner}; restore the state folder from a copy or remove it`,
    { context: { missing: missingBlobs.length } },
  );
}

function ownerOf(index: ObjectIndex, blob: string): string {
  for (const record of index.snapshot()) {
    if (record.type === 'object-put' && record.object.blob === blob) {
      return `s3://${record.bucket}/${record.object.key}`;
    }
  }
  return 'a part of an unfinished multipart upload';
}
