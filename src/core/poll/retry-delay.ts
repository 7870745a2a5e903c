/** How long a page is tried for. */
export interface RetryPolicy {
  /** Requests in all. */
  readonly attempts: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
}

/**
 * Milliseconds before the attempt after this one (from 1): anywhere up to a limit that doubles, so that clients which
 * failed together do not come back together. Source: AWS Architecture Blog, "Exponential Backoff And Jitter", full jitter.
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number): number {
  const limit = Math.min(policy.retryMaxMs, policy.retryBaseMs * 2 ** (attempt - 1));
  return Math.floor(random * limit);
}

/** Longest wait that a server is granted: a header that asks for more is a mistake. */
const MAX_RETRY_AFTER_MS = 86_400_000;

const IMF_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Milliseconds to wait by a Retry-After header, as seconds or as a date; null when there is none that can be read. A
 * date is taken against the server's own clock, its Date header, where it sends one: clocks differ.
 * Source: RFC 9110 §10.2.3 and §5.6.7.
 */
export function retryAfterMs(
  header: string | undefined,
  options: { readonly date: string | undefined; readonly nowMs: number },
): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text) * 1_000, MAX_RETRY_AFTER_MS);
  const atMs = dateMs(text);
  if (atMs === null) return null;
  const serverMs = dateMs(options.date?.trim() ?? '') ?? options.nowMs;
  return Math.min(Math.max(0, atMs - serverMs), MAX_RETRY_AFTER_MS);
}

function dateMs(text: string): number | null {
  const ms = IMF_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
