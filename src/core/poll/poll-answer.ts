/** What became of a request. */
export type PollAnswer =
  | {
      readonly kind: 'response';
      readonly status: number;
      /** Names in lower case; values of a repeated one are joined by commas. */
      readonly headers: Readonly<Record<string, string>>;
      /** Decompressed. */
      readonly body: Uint8Array;
    }
  /** No answer, or none that is whole: it may come next time. */
  | { readonly kind: 'no-answer'; readonly reason: string }
  /** Will not be different next time: too large, or an address that requests may not go to. */
  | { readonly kind: 'refused'; readonly reason: string };

export type PollResponse = Extract<PollAnswer, { readonly kind: 'response' }>;
