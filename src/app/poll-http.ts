import type { HttpPollConnector } from '#core/config/connector.ts';
import { hasCode } from '#core/errors.ts';
import type { ProducedStream } from '#core/ingest/produced-stream.ts';
import { cursorLagSeconds } from '#core/poll/cursor-value.ts';
import type { CompileJsonPath } from '#core/poll/json-document.ts';
import { createPageReader, type PollPage } from '#core/poll/poll-page.ts';
import { pollOrigin } from '#core/poll/poll-request.ts';
import {
  advanceState,
  FIRST_PAGE,
  initialState,
  type PollState,
  parsePollState,
  rememberRecords,
  serializePollState,
} from '#core/poll/poll-state.ts';
import type { ConnectorLease, ConnectorStateStore } from '#ports/connector-state.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import {
  createRecordPreparer,
  type DeliveredRecords,
  deliverRecords,
  type RecordPreparer,
} from './deliver-page.ts';
import { createPageFetcher, type FetchDeps, type PageFetcher } from './fetch-page.ts';
import { createEventPutter, type EventPutter, type PutDeps, type PutLimits } from './put-events.ts';
import type { ReceiptTotals } from './receipt-totals.ts';

export interface PollDeps extends FetchDeps, PutDeps {
  readonly store: ObjectStore;
  readonly states: ConnectorStateStore;
  readonly receipts: ReceiptTotals;
  readonly compilePath: CompileJsonPath;
}

export interface PollTarget {
  readonly domain: string;
  readonly connector: HttpPollConnector;
  readonly stream: ProducedStream;
  /** `s3://…` of the dead letters. */
  readonly bucketUri: string;
}

export interface PollOptions {
  /** Names this run; no other one may have the name. */
  readonly owner: string;
  /** Milliseconds since the epoch at which the run is cut off. */
  readonly deadlineMs: number;
  readonly putLimits?: Partial<PutLimits>;
}

/** Result of a run. */
export interface PollRun {
  readonly connector: string;
  readonly stream: string;
  /**
   * `done`: everything there was is in the buffer; `more`: the next run goes on; `busy`: another run is under way;
   * `waiting`: the source asked for a pause; `failed`: the next run tries the same page again.
   */
  readonly outcome: 'done' | 'more' | 'busy' | 'waiting' | 'failed';
  /** Why it is not done; no secret, no part of a response. */
  readonly reason: string | null;
  readonly pages: number;
  readonly records: number;
  readonly sent: number;
  readonly repeated: number;
  readonly bad: number;
  /** Records whose cursor value is missing or of another kind. */
  readonly withoutCursor: number;
  readonly retries: number;
  /** Age of the cursor where it is a time. */
  readonly cursorLagSeconds: number | null;
  /** Receipts that could not be written. */
  readonly receiptFailures: number;
}

/** A lease outlives the longest run, whose end is its deadline: holders' clocks may differ by as much. */
const LEASE_MARGIN_MS = 60_000;
/** Kept for sending a page and saving the state once the page is there. */
const DELIVERY_MS = 15_000;

/**
 * One run of an http-poll connector: page after page from where the last run stopped, each one sent, then remembered.
 * A crash at any step repeats a page; the writer's de-duplication leaves out what the stream has already.
 */
export async function pollHttp(
  deps: PollDeps,
  target: PollTarget,
  options: PollOptions,
): Promise<PollRun> {
  const { connector, domain } = target;
  const key = { domain, connector: connector.name };
  const nowMs = deps.clock.nowMs();
  const taken = await deps.states.acquire(key, {
    owner: options.owner,
    nowMs,
    untilMs: options.deadlineMs + LEASE_MARGIN_MS,
  });
  const run = new Run(deps, target, options);
  if (taken.kind === 'busy') return run.result('busy', 'another run of the connector is under way');
  try {
    return await run.walk(taken.lease, taken.state);
  } catch (error) {
    if (!hasCode(error, 'COMMIT_CONFLICT')) throw error;
    return run.result('failed', 'another run has taken over');
  } finally {
    // A lease that cannot be given back runs out by itself: no reason to fail a run that is over.
    await deps.states.release(taken.lease).catch(() => undefined);
  }
}

class Run {
  readonly #deps: PollDeps;
  readonly #target: PollTarget;
  readonly #options: PollOptions;
  readonly #fetcher: PageFetcher;
  readonly #prepare: RecordPreparer;
  readonly #putter: EventPutter;
  #state: PollState;
  #counts = { pages: 0, records: 0, sent: 0, repeated: 0, bad: 0, withoutCursor: 0 };
  #receiptFailures = 0;
  /** Pages of this run: one that comes again leads round in a circle. */
  readonly #seen = new Set<string>();

  constructor(deps: PollDeps, target: PollTarget, options: PollOptions) {
    const { connector, stream } = target;
    const { compilePath } = deps;
    const origin = pollOrigin(connector.request);
    this.#deps = deps;
    this.#target = target;
    this.#options = options;
    this.#fetcher = createPageFetcher(
      deps,
      connector,
      createPageReader(connector, { origin, compilePath }),
    );
    this.#prepare = createRecordPreparer(connector, stream, compilePath);
    this.#putter = createEventPutter(deps, {
      streamName: stream.buffer,
      limits: { budgetMs: options.deadlineMs - deps.clock.nowMs(), ...options.putLimits },
    });
    this.#state = initialState(connector.cursor);
  }

  /** Pages until the walk is over, the time is up or something fails. */
  async walk(lease: ConnectorLease, saved: string | null): Promise<PollRun> {
    if (saved !== null) this.#state = parsePollState(saved);
    const { notBeforeMs } = this.#state;
    if (notBeforeMs !== null && notBeforeMs > this.#deps.clock.nowMs()) {
      return this.result('waiting', 'the source asked for a pause');
    }
    const { maxPages } = this.#target.connector.limits;
    while (this.#counts.pages < maxPages) {
      const fetched = await this.#fetchNext();
      if (fetched.kind === 'wait') {
        await this.#save(lease, { ...this.#state, notBeforeMs: fetched.untilMs });
        return this.result('waiting', fetched.reason);
      }
      if (fetched.kind === 'out-of-time') {
        return this.result(this.#counts.pages > 0 ? 'more' : 'failed', fetched.reason);
      }
      if (fetched.kind !== 'page') return this.result('failed', fetched.reason);
      const problem = await this.#deliver(fetched.page, lease);
      if (problem !== null) return this.result('failed', problem);
      if (this.#state.walk === null) return this.result('done', null);
    }
    return this.result('more', 'as many pages as a run may read');
  }

  /** The next page; a place that the source has forgotten since the last run is looked for from the start, once. */
  async #fetchNext(): ReturnType<PageFetcher['fetch']> {
    const deadlineMs = this.#options.deadlineMs - DELIVERY_MS;
    const { cursor, walk } = this.#state;
    const position = walk?.position ?? FIRST_PAGE;
    const fetched = await this.#fetcher.fetch({ position, cursor }, deadlineMs);
    if (fetched.kind !== 'lost-place' || walk === null || this.#counts.pages > 0) return fetched;
    this.#state = { ...this.#state, walk: null };
    return this.#fetcher.fetch({ position: FIRST_PAGE, cursor }, deadlineMs);
  }

  /** Sends a page and remembers it; what went wrong, or null. */
  async #deliver(page: PollPage, lease: ConnectorLease): Promise<string | null> {
    const { domain, connector, stream, bucketUri } = this.#target;
    const prepared = page.records.map(this.#prepare);
    const { recent } = this.#state;
    const delivered = await deliverRecords(
      { putter: this.#putter, store: this.#deps.store },
      prepared,
      { recent, bucketUri, domain, stream: stream.name, connector: connector.name },
    );
    this.#counts.pages++;
    this.#counts.records += prepared.length;
    this.#counts.sent += delivered.sent;
    this.#counts.repeated += delivered.repeated;
    this.#counts.bad += delivered.bad;
    if (connector.cursor !== null) {
      this.#counts.withoutCursor += prepared.filter(({ at }) => at === null).length;
    }
    const failure = await this.#deps.receipts.add(stream.name, delivered.sent);
    if (failure !== null) this.#receiptFailures++;
    const records = delivered.safe.map(({ id, at }) => ({ id, at }));
    const problem = this.#problemOf(page, delivered);
    if (problem !== null) {
      await this.#save(lease, rememberRecords(this.#state, records));
      return problem;
    }
    const next = page.next.kind === 'position' ? page.next.position : null;
    const moment = { cursor: connector.cursor, nowMs: this.#deps.clock.nowMs() };
    await this.#save(lease, advanceState(this.#state, { records, next }, moment));
    return null;
  }

  /** Why a page that was sent is not the end of its matter, or null. */
  #problemOf({ next }: PollPage, delivered: DeliveredRecords): string | null {
    if (!delivered.complete) return 'the buffer has not acknowledged every event of the page';
    if (next.kind === 'refused') return next.reason;
    if (next.kind === 'end') return null;
    const place = JSON.stringify(next.position);
    if (this.#seen.has(place)) return 'the pages lead in a circle';
    this.#seen.add(place);
    return null;
  }

  async #save(lease: ConnectorLease, state: PollState): Promise<void> {
    await this.#deps.states.save(lease, serializePollState(state));
    this.#state = state;
  }

  result(outcome: PollRun['outcome'], reason: string | null): PollRun {
    const { connector, stream } = this.#target;
    const nowMs = this.#deps.clock.nowMs();
    return {
      connector: connector.name,
      stream: stream.name,
      outcome,
      reason,
      ...this.#counts,
      retries: this.#fetcher.retries,
      cursorLagSeconds: cursorLagSeconds(connector.cursor, this.#state.cursor, nowMs),
      receiptFailures: this.#receiptFailures,
    };
  }
}
