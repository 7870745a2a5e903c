import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PollDeps, pollHttp } from '#app/poll-http.ts';
import type { PollPagination } from '#core/config/connector.ts';
import type { PollAnswer } from '#core/poll/poll-answer.ts';
import type { EventStream } from '#ports/event-stream.ts';
import type { HttpClient } from '#ports/http-client.ts';
import { Crash } from './crashing-deps.ts';
import { idsOn, pollWorld, stateOf } from './poll-world.ts';

interface Trade {
  readonly id: string;
  readonly t: number;
}

const PAGE_SIZE = 3;

type Fault =
  | 'none'
  | 'status 500'
  | 'retry after'
  | 'no answer'
  | 'cut off'
  | 'html'
  | 'no list'
  | 'too many requests';

/** A source that serves what is at or after the cursor, in shuffled pages, with faults in between. */
class Source implements HttpClient {
  readonly trades: Trade[] = [];
  /** Ids of records that stood in a whole, correct answer. */
  readonly served = new Set<string>();
  readonly #faults: Fault[];
  readonly #kind: PollPagination['kind'];

  constructor(faults: readonly Fault[], kind: PollPagination['kind']) {
    this.#faults = [...faults];
    this.#kind = kind;
  }

  /** No fault is left. */
  get isWell(): boolean {
    return this.#faults.length === 0;
  }

  async send({ url }: { readonly url: string }): Promise<PollAnswer> {
    const { searchParams } = new URL(url);
    const from = Number(searchParams.get('since'));
    // A token holds the page and how much there was when the walk began: its pages are those of one list.
    const token = searchParams.get('page_token') ?? `0-${this.trades.length}`;
    const [page = 0, count = 0] = token.split('-').map(Number);
    const known = this.trades.slice(0, count);
    const matching = known.filter(({ t }) => t >= from).toSorted(byHash);
    const records = matching.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
    const hasMore = (page + 1) * PAGE_SIZE < matching.length;
    const next = hasMore ? this.#next(url, `${page + 1}-${count}`) : {};
    const text = JSON.stringify({ trades: records.map(toJson), ...next.body });
    const fault = this.#faults.shift() ?? 'none';
    if (fault === 'none') for (const { id } of records) this.served.add(id);
    return answer(fault, text, next.link);
  }

  #next(url: string, token: string): { readonly body?: object; readonly link?: string } {
    const target = new URL(url);
    target.searchParams.set('page_token', token);
    if (this.#kind === 'token') return { body: { next: token } };
    if (this.#kind === 'next') return { body: { next: target.pathname + target.search } };
    return { link: `<${target.href}>; rel="next"` };
  }
}

/** An order that has nothing to do with time. */
function byHash(a: Trade, b: Trade): number {
  const hash = ({ id, t }: Trade) => (Number(id.slice(1)) * 7919 + t * 31) % 101;
  return hash(a) - hash(b) || a.id.localeCompare(b.id);
}

function toJson({ id, t }: Trade) {
  return { id, s: 'aapl', t, p: 1.5 };
}

function answer(fault: Fault, text: string, link: string | undefined): PollAnswer {
  const ok = (body: string, type = 'application/json'): PollAnswer => ({
    kind: 'response',
    status: 200,
    headers: { 'content-type': type, ...(link === undefined ? {} : { link }) },
    body: Buffer.from(body),
  });
  const status = (code: number, headers = {}): PollAnswer => ({
    kind: 'response',
    status: code,
    headers,
    body: new Uint8Array(),
  });
  switch (fault) {
    case 'none':
      return ok(text);
    case 'status 500':
      return status(500);
    case 'retry after':
      return status(503, { 'retry-after': '2' });
    case 'too many requests':
      return status(429, { 'retry-after': '7200' });
    case 'no answer':
      return { kind: 'no-answer', reason: 'planted' };
    case 'cut off':
      return ok(text.slice(0, -2));
    case 'html':
      return ok('<html>', 'text/html');
    case 'no list':
      return ok('{"error":"planted"}');
  }
}

/** The dependencies of an instance that dies at its n-th step outside, before it or after it took effect. */
function dyingDeps(
  deps: PollDeps,
  point: { readonly step: number; readonly after: boolean } | null,
): PollDeps {
  let steps = 0;
  let dead = false;
  const step = async <T>(call: () => Promise<T>): Promise<T> => {
    const isLast = ++steps === point?.step;
    if (dead || (isLast && !point?.after)) {
      dead = true;
      throw new Crash('planted');
    }
    const result = await call();
    if (isLast) {
      dead = true;
      throw new Crash('planted');
    }
    return result;
  };
  /** The object, with some of its calls as steps. */
  const stepping = <T extends object>(target: T, calls: readonly string[]): T =>
    new Proxy(target, {
      get(object, name) {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== 'function') return member;
        const call = member.bind(object) as (...args: unknown[]) => Promise<unknown>;
        return calls.includes(String(name))
          ? (...args: unknown[]) => step(() => call(...args))
          : call;
      },
    });
  const { http, stream, store, states, receipts } = deps;
  return {
    ...deps,
    http: stepping(http, ['send']),
    stream: stepping(stream, ['listShards', 'putRecords']),
    store: stepping(store, ['put']),
    states: stepping(states, ['acquire', 'save', 'release']),
    receipts: stepping(receipts, ['add']),
  };
}

const fault = fc.constantFrom<Fault>(
  'none',
  'none',
  'none',
  'status 500',
  'retry after',
  'no answer',
  'cut off',
  'html',
  'no list',
  'too many requests',
);
const run = fc.record({
  arrivals: fc.array(fc.nat({ max: 3 }), { maxLength: 8 }),
  crash: fc.option(fc.record({ step: fc.integer({ min: 1, max: 25 }), after: fc.boolean() }), {
    freq: 2,
  }),
  maxPages: fc.integer({ min: 1, max: 4 }),
  /** The buffer takes nothing for the length of the run. */
  isThrottled: fc.boolean(),
});
const history = fc.record({
  kind: fc.constantFrom<PollPagination['kind']>('token', 'next', 'link-header'),
  faults: fc.array(fault, { maxLength: 30 }),
  runs: fc.array(run, { minLength: 1, maxLength: 8 }),
});

function paginationOf(kind: PollPagination['kind']): PollPagination {
  if (kind === 'token') return { kind, path: '$.next', param: 'page_token' };
  return kind === 'next' ? { kind, path: '$.next' } : { kind: 'link-header' };
}

describe('polling a source with faults by instances that die', () => {
  it('puts every served record on the stream, repeats only behind a crash, and never goes back', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ kind, faults, runs }) => {
        const source = new Source(faults, kind);
        const world = pollWorld(source, { pagination: paginationOf(kind) });
        const refuse: EventStream['putRecords'] = async (_name, records) =>
          records.map(() => ({ kind: 'failed', errorCode: 'Throttled', message: '' }));
        const throttled: PollDeps = {
          ...world.deps,
          stream: new Proxy(world.stream, {
            get(stream, name) {
              const member: unknown = name === 'putRecords' ? refuse : Reflect.get(stream, name);
              return typeof member === 'function' ? member.bind(stream) : member;
            },
          }),
        };
        let time = 0;
        let crashes = 0;
        let cursor = 0;
        const onePoll = async (options: Omit<(typeof runs)[number], 'arrivals'>) => {
          const { connector } = world.target;
          const limits = { ...connector.limits, maxPages: options.maxPages };
          const target = { ...world.target, connector: { ...connector, limits } };
          const owner = `run-${world.clock.now}-${crashes}`;
          const deadlineMs = world.clock.now + 60_000;
          let outcome: string | null = null;
          try {
            const deps = dyingDeps(options.isThrottled ? throttled : world.deps, options.crash);
            ({ outcome } = await pollHttp(deps, target, { owner, deadlineMs }));
          } catch (error) {
            if (!(error instanceof Crash)) throw error;
          }
          if (options.crash !== null) crashes++;
          // The next run comes when the lease of one that died has run out.
          world.clock.now += 3 * 3_600_000;
          const state = await stateOf(world.states);
          const now = Number(state?.cursor ?? '0');
          expect(now).toBeGreaterThanOrEqual(cursor);
          cursor = now;
          // Once a walk is over nothing that was served is missing; before, a page may have died with its run.
          if (outcome === 'done') {
            expect(new Set(await idsOn(world.stream))).toEqual(source.served);
          }
          return state;
        };
        for (const { arrivals, ...options } of runs) {
          for (const step of arrivals) {
            time += step;
            source.trades.push({ id: `t${source.trades.length}`, t: time });
          }
          await onePoll(options);
        }
        // The source recovers: walks that were begun come to their end, and one more brings everything.
        const calm = { crash: null, maxPages: 50, isThrottled: false };
        for (let rest = 0; rest < 60; rest++) {
          const state = await onePoll(calm);
          if (source.isWell && state?.walk === null && state.notBeforeMs === null) break;
        }
        await onePoll(calm);
        const ids = await idsOn(world.stream);
        expect([...new Set(ids)]).toEqual(source.trades.map(({ id }) => id).sort());
        if (crashes === 0) expect(ids).toHaveLength(new Set(ids).size);
      }),
      { numRuns: 50, seed: 21 },
    );
  });
});
