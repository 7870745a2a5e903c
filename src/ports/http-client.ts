import type { PollPermission } from '#core/config/connector.ts';
import type { PollAnswer } from '#core/poll/poll-answer.ts';
import type { PollRequest } from '#core/poll/poll-request.ts';

export interface HttpLimits {
  /** Of the whole exchange, from the connection to the last byte of the body. */
  readonly timeoutMs: number;
  /** Of the body, after decompression. */
  readonly maxResponseBytes: number;
  /** Guards that are lifted. */
  readonly allow: readonly PollPermission[];
}

/** Sends requests to servers of others. */
export interface HttpClient {
  /**
   * One request, one answer: nothing is repeated and no redirect followed. Whatever the other side does is an answer,
   * not an error; a body that is not whole is no answer. Never connects to an address that is not allowed.
   */
  send(request: PollRequest, limits: HttpLimits): Promise<PollAnswer>;
}
