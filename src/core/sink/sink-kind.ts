/** What the function of a sink may do below one prefix of the lake bucket. */
export interface SinkPermission {
  readonly actions: readonly string[];
  /** Below the bucket, with the trailing slash. */
  readonly prefix: string;
  readonly reason: string;
}

/** A kind of sink, as far as configuration and template know it; src/runtime/sinks.ts opens it. */
export interface SinkKind {
  /** What stands under `sinks:` of a stream. */
  readonly name: string;
  /** One sentence for editors and `sluice plan`. */
  readonly description: string;
  readonly permissions: (domain: string) => readonly SinkPermission[];
}
