/** A queue that gives each message to a function, at least once. */
export interface MessageQueue {
  /** Returns when the queue has the message for good. Throws SOURCE_UNAVAILABLE. */
  send(body: string): Promise<void>;
}
