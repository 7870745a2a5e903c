/** A message as it was received, with every attribute. */
export interface SqsMessageView {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  /** `ApproximateReceiveCount`, `SentTimestamp` … */
  readonly system: Readonly<Record<string, string>>;
  /** Of the sender; `BinaryValue` is base64. */
  readonly attributes: Readonly<Record<string, SqsMessageAttribute>>;
}

export interface SqsMessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** What other services do with queues, which are named by their ARN. Methods throw an AwsError as the API does. */
export interface QueueAccess {
  /** Creates a queue or sets its attributes; `attributes` as SetQueueAttributes takes them, and `FifoQueue`. */
  ensureQueue(queue: {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
  }): void;
  /** A policy document. */
  setPolicy(queueArn: string, policy: object): void;
  /** Null when there is no such queue. */
  attributesOf(queueArn: string): Readonly<Record<string, string>> | null;
  /** Stores a message; returns its id. */
  send(
    queueArn: string,
    message: {
      readonly body: string;
      readonly attributes?: Readonly<Record<string, SqsMessageAttribute>>;
      readonly groupId?: string | undefined;
      readonly deduplicationId?: string | undefined;
    },
  ): string;
  /**
   * Waits for messages up to a time; none once the signal is aborted. For event source mappings: what was received so and not
   * deleted is visible again when the service is opened the next time.
   */
  receive(
    queueArn: string,
    options: { readonly limit: number; readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<readonly SqsMessageView[]>;
  delete(queueArn: string, receiptHandle: string): void;
  /** What `receive` gave comes again after a time, unless it comes earlier or its visibility was changed meanwhile. */
  giveBack(queueArn: string, receiptHandle: string, delayMs: number): void;
  /** Messages that are not deleted: visible, delayed or in flight. */
  pendingMessages(queueArn: string): number;
}
