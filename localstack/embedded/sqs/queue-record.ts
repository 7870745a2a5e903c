/** A message attribute as the sender gave it; `BinaryValue` is base64. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** A message as it stands in the journal: what its sender gave, and, after a rewrite, what became of it since. */
export interface MessageRecord {
  readonly type: 'message';
  readonly queue: string;
  /** Unique and growing over all queues: the order of sending. */
  readonly sequence: number;
  readonly messageId: string;
  readonly sentMs: number;
  /** Not delivered before. */
  readonly visibleMs: number;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** Of AWS X-Ray; null when the sender gave none. */
  readonly traceHeader: string | null;
  readonly groupId: string | null;
  readonly deduplicationId: string | null;
  /** Key of deduplication, the group included where the queue says so; null in a standard queue. */
  readonly deduplicationKey: string | null;
  readonly state?: MessageState;
}

/** What became of a message. */
export interface MessageState {
  /** In all queues. */
  readonly receiveCount: number;
  /** In queues before this one. */
  readonly receivedElsewhere: number;
  readonly firstReceivedMs: number | null;
  readonly inFlight: boolean;
  /** See Message. */
  readonly mappingHolds?: boolean;
  /** ARN of the queue that gave it up; null outside dead-letter queues. */
  readonly deadLetterSource: string | null;
}

/** Every change of the queues: what the journal holds, one per line, each in force whole or not at all. */
export type QueueRecord =
  | {
      readonly type: 'queue';
      readonly name: string;
      readonly createdMs: number;
      readonly modifiedMs: number;
      readonly attributes: Readonly<Record<string, string>>;
      readonly tags: Readonly<Record<string, string>>;
    }
  | { readonly type: 'queue-deleted'; readonly name: string }
  | { readonly type: 'queue-purged'; readonly name: string }
  | MessageRecord
  | {
      readonly type: 'received';
      readonly atMs: number;
      readonly visibleMs: number;
      readonly sequences: readonly number[];
      /** Received by an event source mapping of this process. */
      readonly byMapping?: boolean;
    }
  | { readonly type: 'visibility'; readonly sequence: number; readonly visibleMs: number }
  | { readonly type: 'deleted'; readonly sequence: number }
  /** Out of one queue and into another in one step. */
  | {
      readonly type: 'moved';
      readonly sequence: number;
      readonly toQueue: string;
      readonly newSequence: number;
      readonly deadLetterSource: string | null;
      /** Of a message that starts anew (redrive); null keeps what it has. */
      readonly renewed: { readonly messageId: string; readonly sentMs: number } | null;
    }
  /** That a message was sent is remembered for five minutes, also when it is gone. */
  | {
      readonly type: 'duplicate-key';
      readonly queue: string;
      readonly key: string;
      readonly messageId: string;
      readonly sequence: number;
      readonly sentMs: number;
    }
  /** The highest sequence given out before a rewrite. */
  | { readonly type: 'sequence'; readonly last: number };
