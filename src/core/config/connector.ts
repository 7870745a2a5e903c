/** A way in for events, besides producers that write to the buffer themselves. A stream has at most one of each kind. */
export type Connector = HttpIngestConnector | HttpPollConnector | GeneratorConnector;

/** Connectors that a schedule starts; null in `environments` means that it is switched on in all of them. */
interface ScheduledConnector {
  readonly name: string;
  /** Names of environments. */
  readonly environments: readonly string[] | null;
}

/** An HTTP API is asked for new records. */
export interface HttpPollConnector extends ScheduledConnector {
  readonly kind: 'http-poll';
  readonly stream: string;
  readonly everyMinutes: number;
  readonly request: {
    readonly method: 'GET' | 'POST';
    /** Templates: `${cursor}` and `${secret:name}`. */
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
    /** Templates as well; joined and encoded as RFC 7617 says. */
    readonly basic: { readonly user: string; readonly password: string } | null;
  };
  /** JSONPath of the records of a response. */
  readonly records: string;
  readonly select: readonly PollSelection[];
  readonly cursor: PollCursor | null;
  readonly pagination: PollPagination;
  readonly limits: {
    /** Per run. */
    readonly maxPages: number;
    /** Null for as many as there is time for. */
    readonly requestsPerSecond: number | null;
    /** Of one request, body included. */
    readonly timeoutMs: number;
    /** Of a response, after decompression. */
    readonly maxResponseBytes: number;
    readonly attempts: number;
    readonly retryBaseMs: number;
    readonly retryMaxMs: number;
  };
  /** Guards that are lifted. */
  readonly allow: readonly PollPermission[];
}

export type PollPermission = 'http' | 'loopback' | 'private' | 'link-local';

/** Fills one field of the stream; money by its name in units (12.34) or by its stored name in cents. */
export interface PollSelection {
  readonly field: string;
  /** JSONPath when it starts with `$`, else a row expression over the record. */
  readonly from: string;
  /** Unit of a number that counts time since 1970; null for every other value. */
  readonly epoch: 's' | 'ms' | 'us' | 'ns' | null;
}

export interface PollCursor {
  readonly initial: string;
  /** As `from` of a selection. */
  readonly from: string;
  readonly order: 'max' | 'last';
  readonly compare: 'number' | 'time' | 'text';
  readonly overlapMs: number;
}

/** How a response names the next page. */
export type PollPagination =
  | { readonly kind: 'none' | 'link-header' }
  | { readonly kind: 'next'; readonly path: string }
  | {
      readonly kind: 'page';
      readonly param: string;
      readonly start: number;
      /** Records of a full page; null when only an empty page is the end. */
      readonly size: number | null;
    }
  | { readonly kind: 'token'; readonly path: string; readonly param: string };

/** Synthetic events, the same for the same seed and minute. */
export interface GeneratorConnector extends ScheduledConnector {
  readonly kind: 'generator';
  readonly streams: readonly string[];
  readonly producers: readonly GeneratorProducer[];
  readonly seed: string;
  readonly faults: {
    readonly brokenEvery: number | null;
    readonly duplicateEvery: number | null;
    readonly lateEvery: number | null;
  };
}

export interface GeneratorProducer {
  /** A whole part of a minute. */
  readonly everyMs: number;
  /** Per interval and stream. */
  readonly minRecords: number;
  readonly maxRecords: number;
}

/** Clients post JSON to `POST /<stream>/events` of the domain's API. */
export interface HttpIngestConnector {
  readonly name: string;
  readonly kind: 'http-ingest';
  readonly streams: readonly string[];
  /** Requests, per stream. */
  readonly throttle: { readonly ratePerSecond: number; readonly burst: number };
  /** Of a request, after decompression. */
  readonly maxBodyBytes: number;
  /** Of a request. */
  readonly maxEvents: number;
}

/** The connectors of one kind, in the order of the domain file. */
export function connectorsOf<Kind extends Connector['kind']>(
  domain: { readonly connectors: readonly Connector[] },
  kind: Kind,
): readonly Extract<Connector, { readonly kind: Kind }>[] {
  return domain.connectors.filter(
    (connector): connector is Extract<Connector, { readonly kind: Kind }> =>
      connector.kind === kind,
  );
}
