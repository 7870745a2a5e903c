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

/** What is known of an object without reading it. */
export interface ObjectStat {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** Objects that are larger than memory. A version is named only where the store keeps versions; else FEATURE_UNSUPPORTED. */
export interface StreamingObjectStore extends ObjectStore {
  /** Null when there is no such object, or no such version of it. */
  stat(uri: string, options?: { readonly versionId?: string }): Promise<ObjectStat | null>;
  /**
   * Bytes from an offset on, in chunks that the store chooses; the next one is fetched when it is asked for. All of them are of
   * one version. Throws OBJECT_NOT_FOUND; SOURCE_UNAVAILABLE also when an object is replaced while it is read without a version.
   */
  read(
    uri: string,
    options?: { readonly offset?: number; readonly versionId?: string },
  ): AsyncIterable<Uint8Array>;
  /** Writes an object piece by piece; readers see it whole or as it was. A failed source leaves nothing to be seen. */
  write(
    uri: string,
    chunks: AsyncIterable<Uint8Array>,
    options?: { readonly contentType?: string },
  ): Promise<{ readonly sizeBytes: number }>;
}
