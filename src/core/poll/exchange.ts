import type { PollAnswer, PollResponse } from './poll-answer.ts';
import { type PageReader, type PollPage, readPollPage } from './poll-page.ts';
import type { PagePosition } from './poll-state.ts';
import { backoffMs, type RetryPolicy, retryAfterMs } from './retry-delay.ts';
import { sameOriginUrl } from './same-origin.ts';

/** Getting one page: what was done for it so far. */
export interface Exchange {
  readonly position: PagePosition;
  /** Where the request goes; differs from the page's own URL behind a redirect. */
  readonly url: string;
  /** From 1. */
  readonly attempt: number;
  readonly redirects: number;
  /** The secrets have been asked for again in this run. */
  readonly refreshed: boolean;
}

/** What to do after an answer. */
export type ExchangeStep =
  | { readonly kind: 'page'; readonly page: PollPage }
  /** Send the request again: at once, or after a while. */
  | {
      readonly kind: 'again';
      readonly exchange: Exchange;
      readonly waitMs: number;
      /** The source said how long. */
      readonly asked: boolean;
      /** Ask the secret store for fresh values first. */
      readonly freshSecrets: boolean;
      readonly reason: string;
    }
  /** The source does not know the place in its pages any more, or never did. */
  | { readonly kind: 'lost-place'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface ExchangeRules {
  readonly retry: RetryPolicy;
  readonly method: 'GET' | 'POST';
  /** Requests carry a secret, so that a refusal may mean an old one. */
  readonly hasSecrets: boolean;
  readonly reader: PageReader;
}

/** Time and chance of the moment. */
export interface ExchangeMoment {
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Request Timeout, Too Early, Too Many Requests; with every 5xx. Source: RFC 9110 §15, RFC 8470, RFC 6585. */
const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429]);

/** Decides after an answer, without doing anything. */
export function nextExchangeStep(
  exchange: Exchange,
  answer: PollAnswer,
  context: { readonly rules: ExchangeRules; readonly moment: ExchangeMoment },
): ExchangeStep {
  if (answer.kind === 'refused') return { kind: 'failed', reason: answer.reason };
  if (answer.kind === 'no-answer') return retry(exchange, answer.reason, context);
  const { status } = answer;
  if (status >= 200 && status < 300) return takePage(exchange, answer, context);
  if (REDIRECTS.has(status)) return follow(exchange, answer, context.rules);
  if (status === 401 || status === 403) return refresh(exchange, status, context.rules);
  if (RETRYABLE.has(status) || status >= 500) {
    return retry(exchange, `status ${status}`, { ...context, response: answer });
  }
  return { kind: 'lost-place', reason: `status ${status}` };
}

interface StepContext {
  readonly rules: ExchangeRules;
  readonly moment: ExchangeMoment;
  readonly response?: PollResponse;
}

function takePage(exchange: Exchange, response: PollResponse, context: StepContext): ExchangeStep {
  const reading = readPollPage(response, context.rules.reader, exchange);
  if (reading.ok) return { kind: 'page', page: reading.page };
  return retry(exchange, reading.reason, context);
}

function retry(exchange: Exchange, reason: string, context: StepContext): ExchangeStep {
  const { rules, moment, response } = context;
  const asked = retryAfterMs(response?.headers['retry-after'], {
    date: response?.headers['date'],
    nowMs: moment.nowMs,
  });
  if (exchange.attempt >= rules.retry.attempts && asked === null) {
    return { kind: 'failed', reason: `${reason}, after ${exchange.attempt} attempts` };
  }
  const backoff = backoffMs(rules.retry, exchange.attempt, moment.random);
  return {
    kind: 'again',
    exchange: { ...exchange, attempt: exchange.attempt + 1, redirects: 0 },
    waitMs: asked === null ? backoff : asked + backoff,
    asked: asked !== null,
    freshSecrets: false,
    reason,
  };
}

/** Same scheme, host and port only: whatever stands at the other end would get the credentials. */
function follow(exchange: Exchange, response: PollResponse, rules: ExchangeRules): ExchangeStep {
  const { status, headers } = response;
  const target = sameOriginUrl(headers['location'] ?? '', exchange.url, rules.reader.origin);
  const keepsMethod = rules.method === 'GET' || status === 307 || status === 308;
  if (target === null || !keepsMethod) {
    const why = target === null ? 'to no URL of the same origin' : 'of a POST to a GET';
    return { kind: 'failed', reason: `redirect (status ${status}) ${why}; correct the url` };
  }
  if (exchange.redirects >= MAX_REDIRECTS) {
    return { kind: 'failed', reason: `more than ${MAX_REDIRECTS} redirects in a row` };
  }
  return {
    kind: 'again',
    exchange: { ...exchange, url: target, redirects: exchange.redirects + 1 },
    waitMs: 0,
    asked: false,
    freshSecrets: false,
    reason: `redirect (status ${status})`,
  };
}

/** A secret may have been changed since it was read. */
function refresh(exchange: Exchange, status: number, rules: ExchangeRules): ExchangeStep {
  const reason = `status ${status}: the credentials are refused`;
  if (exchange.refreshed || !rules.hasSecrets) return { kind: 'failed', reason };
  return {
    kind: 'again',
    exchange: { ...exchange, refreshed: true },
    waitMs: 0,
    asked: false,
    freshSecrets: true,
    reason,
  };
}
