/** Why a request as a whole was not taken. Source: RFC 9457. */
export interface Problem {
  readonly status: number;
  /** Names the kind for programs; part of the problem's `type`. */
  readonly kind: ProblemKind;
  /** The kind in words. */
  readonly title: string;
  /** What is wrong with this request, and what to do; never a value of an event. */
  readonly detail: string;
}

export type ProblemKind =
  | 'malformed-body'
  | 'events-refused'
  | 'unsupported-media-type'
  | 'too-large'
  | 'unknown-stream'
  | 'method-not-allowed'
  | 'stream-unavailable';

/** The JSON members of a problem. */
export function problemMembers({ status, kind, title, detail }: Problem): Record<string, unknown> {
  return { type: `urn:sluice:problem:${kind}`, title, status, detail };
}
