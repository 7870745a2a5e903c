import type { HttpPollConnector } from '#core/config/connector.ts';
import { type Exchange, type ExchangeStep, nextExchangeStep } from '#core/poll/exchange.ts';
import type { PageReader, PollPage } from '#core/poll/poll-page.ts';
import { pollRequest } from '#core/poll/poll-request.ts';
import type { PagePosition } from '#core/poll/poll-state.ts';
import { FULL_BUCKET, type TokenBucket, takeToken } from '#core/poll/token-bucket.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { HttpClient } from '#ports/http-client.ts';
import type { SecretStore } from '#ports/secret-store.ts';
import { pollSecretNames, readPollSecrets } from './poll-secrets.ts';

export interface FetchDeps {
  readonly http: HttpClient;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** What became of a page. */
export type FetchedPage =
  | { readonly kind: 'page'; readonly page: PollPage }
  /** The source asks to be left alone until then. */
  | { readonly kind: 'wait'; readonly untilMs: number; readonly reason: string }
  | { readonly kind: 'out-of-time'; readonly reason: string }
  | { readonly kind: 'lost-place' | 'failed'; readonly reason: string };

/** Gets the pages of one run, one after the other: rate, credentials and their one refresh belong to the run. */
export interface PageFetcher {
  /** `cursor` is that of the walk's start. No attempt is begun that could end after `deadlineMs`. */
  fetch(
    page: { readonly position: PagePosition; readonly cursor: string | null },
    deadlineMs: number,
  ): Promise<FetchedPage>;
  /** Requests that were sent again so far. */
  readonly retries: number;
}

export function createPageFetcher(
  deps: FetchDeps,
  connector: HttpPollConnector,
  reader: PageReader,
): PageFetcher {
  const names = pollSecretNames(connector);
  const { limits } = connector;
  const rules = {
    retry: limits,
    method: connector.request.method,
    hasSecrets: names.length > 0,
    reader,
  };
  let bucket: TokenBucket = FULL_BUCKET;
  let secrets: ReadonlyMap<string, string> | null = null;
  let refreshed = false;
  let retries = 0;

  /** Waits until a request may go out; false when its answer could come too late. */
  const waitTurn = async (waitMs: number, deadlineMs: number): Promise<boolean> => {
    const nowMs = deps.clock.nowMs();
    const perSecond = limits.requestsPerSecond;
    const turn =
      perSecond === null ? null : takeToken(bucket, { perSecond, nowMs: nowMs + waitMs });
    const totalMs = waitMs + (turn?.waitMs ?? 0);
    if (nowMs + totalMs + limits.timeoutMs > deadlineMs) return false;
    if (turn !== null) bucket = turn.bucket;
    if (totalMs > 0) await deps.clock.sleep(totalMs);
    return true;
  };

  const send = async (
    page: { readonly position: PagePosition; readonly cursor: string | null },
    exchange: Exchange | null,
  ): Promise<{ readonly exchange: Exchange; readonly step: ExchangeStep }> => {
    secrets ??= await readPollSecrets(deps.secrets, names, { fresh: refreshed });
    const request = pollRequest(connector, page, secrets);
    // A new secret may stand in the URL itself; behind a redirect the URL is that of the server.
    const url = exchange === null || exchange.redirects === 0 ? request.url : exchange.url;
    const current: Exchange = {
      ...(exchange ?? { attempt: 1, redirects: 0 }),
      position: page.position,
      refreshed,
      url,
    };
    const answer = await deps.http.send(
      { ...request, url },
      {
        timeoutMs: limits.timeoutMs,
        maxResponseBytes: limits.maxResponseBytes,
        allow: connector.allow,
      },
    );
    const moment = { nowMs: deps.clock.nowMs(), random: deps.random.next() };
    return { exchange: current, step: nextExchangeStep(current, answer, { rules, moment }) };
  };

  return {
    get retries() {
      return retries;
    },
    async fetch(page, deadlineMs) {
      let exchange: Exchange | null = null;
      let waitMs = 0;
      let reason = 'the run has no time left';
      for (;;) {
        if (!(await waitTurn(waitMs, deadlineMs))) return { kind: 'out-of-time', reason };
        const { step } = await send(page, exchange);
        if (step.kind !== 'again') return step;
        const untilMs = deps.clock.nowMs() + step.waitMs;
        const isOver =
          step.exchange.attempt > limits.attempts || untilMs + limits.timeoutMs > deadlineMs;
        if (step.asked && isOver) return { kind: 'wait', untilMs, reason: step.reason };
        if (step.freshSecrets) {
          refreshed = true;
          secrets = null;
        }
        retries++;
        ({ exchange, waitMs, reason } = step);
      }
    },
  };
}
