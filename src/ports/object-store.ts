/**
 * Objects by URI (`s3://bucket/key`, or `file:///…` for the file-system adapter).
 * Strongly consistent: a read after a successful write sees it (Amazon S3 since December 2020).
 */
export interface ObjectStore {
  /** Whole object. Throws OBJECT_NOT_FOUND. */
  get(uri: string): Promise<Uint8Array>;
  /** Size in bytes, or null when there is no such object. */
  head(uri: string): Promise<{ readonly sizeBytes: number } | null>;
  /**
   * Writes an object. With `ifNoneMatch: '*'` exactly one of several concurrent writers of a key
   * succeeds and every other gets OBJECT_EXISTS; nothing is overwritten.
   */
  put(
    uri: string,
    body: Uint8Array,
    options?: { readonly ifNoneMatch?: '*'; readonly contentType?: string },
  ): Promise<void>;
  /** Every object whose URI starts with the prefix, in UTF-8 byte order of the key. */
  list(prefixUri: string): AsyncIterable<{
    readonly uri: string;
    readonly sizeBytes: number;
    readonly modifiedMs: number;
  }>;
  /** Idempotent: a missing object is success. */
  delete(uri: string): Promise<void>;
}
