import type http from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient } from '#adapters/http/node-http-client.ts';
import { type PollRun, pollHttp } from '#app/poll-http.ts';
import type { HttpPollConnector } from '#core/config/connector.ts';
import { hasCode } from '#core/errors.ts';
import { type FaultySource, sendJson, startFaultySource } from '../adapters/http/faulty-source.ts';
import { CONNECTOR, idsOn, pollWorld, rowsOn, stateOf } from './poll-world.ts';

let source: FaultySource;
const client = createHttpClient();

beforeAll(async () => {
  source = await startFaultySource();
});
beforeEach(() => {
  source.requests.length = 0;
});
afterAll(async () => {
  client.close();
  await source.close();
});

function trade(id: string, t: number, changes: Readonly<Record<string, unknown>> = {}) {
  return { id, s: 'aapl', t, p: 1.5, ...changes };
}

type World = ReturnType<typeof pollWorld>;

function setUp(changes: Partial<HttpPollConnector> = {}, path = `/trades?since=\${cursor}`): World {
  const request = { ...CONNECTOR.request, ...changes.request, url: `${source.origin}${path}` };
  return pollWorld(client, { ...changes, request });
}

function run(
  world: World,
  options: { readonly owner?: string; readonly budgetMs?: number } = {},
): Promise<PollRun> {
  const deadlineMs = world.clock.now + (options.budgetMs ?? 60_000);
  return pollHttp(world.deps, world.target, { owner: options.owner ?? 'run-1', deadlineMs });
}

/** Answers one request after the other; the last one stays. */
function answers(...handlers: ((response: http.ServerResponse) => void)[]): void {
  source.handle = (_request, response) => {
    const handler = handlers.length > 1 ? handlers.shift() : handlers[0];
    handler?.(response);
  };
}

const page =
  (trades: readonly unknown[], next?: string | null) => (response: http.ServerResponse) =>
    sendJson(response, { trades, ...(next === undefined ? {} : { next }) });
const status =
  (code: number, headers = {}) =>
  (response: http.ServerResponse) => {
    response.writeHead(code, headers).end();
  };
const urls = () => source.requests.map(({ url }) => url);

describe('a run', () => {
  it('selects, renames and converts without loss, and remembers how far it is', async () => {
    const world = setUp();
    answers(page([trade('a', 1_000, { p: '0.1', fee: 1.1e1 }), trade('b', 2_000, { x: {} })]));
    expect(await run(world)).toMatchObject({
      outcome: 'done',
      pages: 1,
      records: 2,
      sent: 2,
      bad: 0,
      withoutCursor: 0,
    });
    expect(await rowsOn(world.stream)).toEqual([
      { trade_id: 'a', symbol: 'AAPL', timestamp: 1_000_000n, price: 0.1, fee_cents: 1100n },
      { trade_id: 'b', symbol: 'AAPL', timestamp: 2_000_000n, price: 1.5, fee_cents: null },
    ]);
    expect(await stateOf(world.states)).toMatchObject({ cursor: '2000', walk: null });
    expect(await world.receiptStore.list('market', 'trade')).toEqual([
      { producer: 'poll-1', events: 2 },
    ]);
    await run(world, { owner: 'run-2' });
    expect(urls()).toEqual(['/trades?since=0', '/trades?since=2000']);
  });

  it('walks through pages by token, and moves the cursor at the end only', async () => {
    const world = setUp({ limits: { ...CONNECTOR.limits, maxPages: 1 } });
    answers(page([trade('b', 9)], 'x y'), page([trade('a', 3)], null));
    expect(await run(world)).toMatchObject({ outcome: 'more', pages: 1 });
    expect(await stateOf(world.states)).toMatchObject({
      cursor: '0',
      walk: { position: { kind: 'token', token: 'x y' }, high: '9' },
    });
    expect(await run(world, { owner: 'run-2' })).toMatchObject({ outcome: 'done' });
    expect(await stateOf(world.states)).toMatchObject({ cursor: '9', walk: null });
    expect(urls()).toEqual(['/trades?since=0', '/trades?since=0&page_token=x+y']);
  });

  it('begins again where a source has forgotten the place of the last run', async () => {
    const world = setUp({ limits: { ...CONNECTOR.limits, maxPages: 1 } });
    answers(page([trade('a', 1)], 'old'), status(410), page([trade('a', 1), trade('b', 2)]));
    await run(world);
    expect(await run(world, { owner: 'run-2' })).toMatchObject({
      outcome: 'done',
      sent: 1,
      repeated: 1,
    });
    expect(await idsOn(world.stream)).toEqual(['a', 'b']);
  });

  it('stops at a page boundary when its time is up', async () => {
    const world = setUp();
    answers((response) => {
      world.clock.now += 20_000;
      page([trade('a', 1)], `next-${source.requests.length}`)(response);
    });
    const result = await run(world, { budgetMs: 60_000 });
    expect(result).toMatchObject({ outcome: 'more', pages: 3 });
    expect(await stateOf(world.states)).toMatchObject({
      walk: { position: { token: 'next-3' } },
    });
  });

  it('sends what a page or an earlier run had already only once', async () => {
    const world = setUp();
    answers(page([trade('a', 1), trade('a', 1), trade('b', 1)]));
    expect(await run(world)).toMatchObject({ sent: 2, repeated: 1 });
    expect(await run(world, { owner: 'run-2' })).toMatchObject({ sent: 0, repeated: 3 });
    expect(await idsOn(world.stream)).toEqual(['a', 'b']);
  });

  it('files records that do not fit with their text, and goes on', async () => {
    const world = setUp();
    const bad = [trade('x', 1, { p: 'none' }), trade('y', 2, { s: {} }), 7];
    answers(page([trade('a', 3), ...bad]));
    expect(await run(world)).toMatchObject({ outcome: 'done', sent: 1, bad: 3, withoutCursor: 1 });
    expect(await stateOf(world.states)).toMatchObject({ cursor: '3' });
    const letters: unknown[] = [];
    for await (const { uri } of world.store.list('s3://dead/')) {
      expect(uri).toMatch(/^s3:\/\/dead\/market\/trade\/http-poll\/prices\/[0-9a-f]{24}\.json$/);
      letters.push(JSON.parse(Buffer.from(await world.store.get(uri)).toString()));
    }
    expect(letters).toEqual([
      {
        kind: 'connector',
        source: 'http-poll:prices',
        stream: 'trade',
        records: [
          {
            reason: 'field price: the text is no double, or loses digits as one',
            record: JSON.stringify(bad[0]),
          },
          {
            reason: 'field symbol: s: expected a text, number, true or false, got an object',
            record: JSON.stringify(bad[1]),
          },
          { reason: 'expected an object, got another value', record: '7' },
        ],
      },
    ]);
  });
});

describe('a source that fails', () => {
  it('is asked again after pauses that grow, by chance', async () => {
    const world = setUp();
    answers(status(500), (response) => response.destroy(), page([trade('a', 1)]));
    expect(await run(world)).toMatchObject({ outcome: 'done', sent: 1, retries: 2 });
    // Half of 100 and of 200: the random number is 0.5.
    expect(world.clock.slept).toEqual([50, 100]);
  });

  it.each([
    ['a status of 503', status(503), 'status 503'],
    [
      'HTML',
      (r: http.ServerResponse) => r.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      'content type',
    ],
    ['no JSON', (r: http.ServerResponse) => sendText(r, '{"trades":[{"id":'), 'no JSON'],
    [
      'another JSON',
      (r: http.ServerResponse) => sendText(r, '{"error":"busy"}'),
      'no list of records',
    ],
    [
      'a list of another kind',
      (r: http.ServerResponse) => sendText(r, '{"trades":"none"}'),
      'no list of records',
    ],
    [
      'half an answer',
      (r: http.ServerResponse) => {
        r.writeHead(200, { 'content-length': '100' });
        r.write('{', () => r.destroy());
      },
      'no whole answer',
    ],
  ])(
    'with %s ends the run after the last attempt, and nothing is remembered',
    async (_what, handler, reason) => {
      const world = setUp();
      answers(handler);
      const result = await run(world);
      expect(result).toMatchObject({ outcome: 'failed', retries: 2, pages: 0 });
      expect(result.reason).toContain(reason);
      expect(source.requests).toHaveLength(3);
      expect(await stateOf(world.states)).toBeNull();
    },
  );

  it('with a status that says no is not asked again', async () => {
    const world = setUp();
    answers(status(404));
    expect(await run(world)).toMatchObject({ outcome: 'failed', reason: 'status 404' });
    expect(source.requests).toHaveLength(1);
  });

  it('is left alone for as long as it asks, in seconds or until a date of its own clock', async () => {
    const world = setUp();
    const headers = {
      date: 'Sat, 31 Jan 2026 10:00:00 GMT',
      'retry-after': 'Sat, 31 Jan 2026 10:00:07 GMT',
    };
    answers(status(429, { 'retry-after': '3' }), status(503, headers), page([trade('a', 1)]));
    expect(await run(world)).toMatchObject({ outcome: 'done', retries: 2 });
    expect(world.clock.slept).toEqual([3_050, 7_100]);
  });

  it('is left alone by later runs as well', async () => {
    const world = setUp();
    answers(status(429, { 'retry-after': '3600' }), page([trade('a', 1)]));
    expect(await run(world)).toMatchObject({ outcome: 'waiting', reason: 'status 429' });
    world.clock.now += 3_500_000;
    expect(await run(world, { owner: 'run-2' })).toMatchObject({ outcome: 'waiting' });
    expect(source.requests).toHaveLength(1);
    world.clock.now += 200_000;
    expect(await run(world, { owner: 'run-3' })).toMatchObject({ outcome: 'done', sent: 1 });
    expect(await stateOf(world.states)).toMatchObject({ notBeforeMs: null });
  });

  it('is asked no faster than the rate, retries among them', async () => {
    const world = setUp({ limits: { ...CONNECTOR.limits, requestsPerSecond: 2, retryBaseMs: 1 } });
    answers(page([trade('a', 1)], 'one'), status(500), page([trade('b', 2)]));
    await run(world);
    expect(world.clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(999);
  });

  it('with a body beyond the limit is told so', async () => {
    const world = setUp({ limits: { ...CONNECTOR.limits, maxResponseBytes: 20 } });
    answers(page([trade('a', 1)]));
    expect(await run(world)).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('larger than 20 bytes'),
    });
  });
});

function sendText(response: http.ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(text);
}

describe('credentials', () => {
  const headers = { 'x-api-key': `\${secret:prices_api_key}` };
  const request = { ...CONNECTOR.request, headers };

  it('are read again once when they are refused', async () => {
    const world = setUp({ request });
    source.handle = (incoming, response) => {
      if (incoming.headers['x-api-key'] === 'new secret') page([trade('a', 1)])(response);
      else status(401)(response);
    };
    expect(await run(world)).toMatchObject({ outcome: 'done', sent: 1, retries: 1 });
    expect(world.secretReads).toEqual([
      { name: 'prices_api_key', fresh: false },
      { name: 'prices_api_key', fresh: true },
    ]);
  });

  it('that are refused again end the run', async () => {
    const world = setUp({ request });
    answers(status(403));
    expect(await run(world)).toMatchObject({
      outcome: 'failed',
      reason: 'status 403: the credentials are refused',
    });
    expect(source.requests).toHaveLength(2);
  });

  it('are not looked for where there are none', async () => {
    const world = setUp();
    answers(status(401));
    expect(await run(world)).toMatchObject({ outcome: 'failed', retries: 0 });
    expect(world.secretReads).toEqual([]);
  });

  it('go as Basic authentication', async () => {
    const basic = { user: 'me', password: `\${secret:password}` };
    const world = setUp({ request: { ...CONNECTOR.request, basic } });
    answers(page([]));
    await run(world);
    const expected = Buffer.from('me:old secret').toString('base64');
    expect(source.requests[0]?.headers['authorization']).toBe(`Basic ${expected}`);
  });

  it('go along with a redirect to the same origin', async () => {
    const world = setUp({ request });
    answers(status(307, { location: '/moved' }), page([trade('a', 1)]));
    expect(await run(world)).toMatchObject({ outcome: 'done', sent: 1 });
    expect(source.requests[1]).toMatchObject({
      url: '/moved',
      headers: { 'x-api-key': 'old secret' },
    });
  });

  it.each([
    ['another origin', 'http://localhost:1/steal'],
    ['no URL', 'http://'],
    ['a URL with a user', 'http://user@127.0.0.1/'],
  ])('never go to %s', async (_what, location) => {
    const world = setUp({ request });
    answers(status(302, { location }));
    expect(await run(world)).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('redirect (status 302) to no URL of the same origin'),
    });
    expect(source.requests).toHaveLength(1);
  });

  it('end a circle of redirects', async () => {
    const world = setUp({ request });
    answers(status(301, { location: '/round' }));
    expect(await run(world)).toMatchObject({
      outcome: 'failed',
      reason: 'more than 5 redirects in a row',
    });
  });

  it('never go to a next page at another origin; its page is kept all the same', async () => {
    const world = setUp({ request, pagination: { kind: 'next', path: '$.next' } });
    answers(page([trade('a', 1)], 'https://evil.example/next'));
    expect(await run(world)).toMatchObject({
      outcome: 'failed',
      reason: 'the next page is at another origin',
      sent: 1,
    });
    expect(await run(world, { owner: 'run-2' })).toMatchObject({ outcome: 'failed', sent: 0 });
    expect(await idsOn(world.stream)).toEqual(['a']);
  });
});

describe('the next page', () => {
  it('is named by a Link header', async () => {
    const world = setUp({ pagination: { kind: 'link-header' } });
    const link = '</first>; rel="first", </trades?p=2>; rel="next prefetch"';
    answers(
      (response) => sendJson(response, { trades: [trade('a', 1)] }, { link }),
      page([trade('b', 2)]),
    );
    expect(await run(world)).toMatchObject({ outcome: 'done', sent: 2 });
    expect(urls()).toEqual(['/trades?since=0', '/trades?p=2']);
  });

  it('is the number after this one, until a page is not full', async () => {
    const pagination = { kind: 'page', param: 'page', start: 0, size: 2 } as const;
    const world = setUp({ pagination });
    answers(page([trade('a', 1), trade('b', 2)]), page([trade('c', 3)]));
    expect(await run(world)).toMatchObject({ outcome: 'done', sent: 3 });
    expect(urls()).toEqual(['/trades?since=0&page=0', '/trades?since=0&page=1']);
  });

  it.each([
    ['itself', ['/trades?since=0'], 'the next page is the page itself'],
    ['one before it', ['/b', '/c', '/b'], 'the pages lead in a circle'],
  ])('may not be %s', async (_what, nexts, reason) => {
    const world = setUp({ pagination: { kind: 'next', path: '$.next' } });
    answers(...nexts.map((next, index) => page([trade(`a${index}`, 1)], next)));
    expect(await run(world)).toMatchObject({ outcome: 'failed', reason });
    expect(await stateOf(world.states)).not.toMatchObject({ cursor: '1' });
  });
});

describe('runs that overlap', () => {
  it('exclude each other', async () => {
    const world = setUp();
    const started = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    source.handle = async (_request, response) => {
      started.resolve();
      await go.promise;
      page([trade('a', 1)])(response);
    };
    const first = run(world);
    await started.promise;
    expect(await run(world, { owner: 'run-2' })).toMatchObject({ outcome: 'busy', pages: 0 });
    go.resolve();
    expect(await first).toMatchObject({ outcome: 'done' });
  });

  it('cannot take back what a later one has remembered', async () => {
    const world = setUp();
    source.handle = async (_request, response) => {
      if (source.requests.length === 1) {
        // The lease runs out while the first run waits for its answer.
        world.clock.now += 10 * 60_000;
        await run(world, { owner: 'run-2' });
        page([trade('a', 1)])(response);
      } else page([trade('a', 1), trade('b', 2)])(response);
    };
    expect(await run(world)).toMatchObject({
      outcome: 'failed',
      reason: 'another run has taken over',
    });
    expect(await stateOf(world.states)).toMatchObject({ cursor: '2' });
  });
});

describe('the buffer', () => {
  it('holds the cursor until it has acknowledged every event of a page', async () => {
    const world = setUp();
    answers(page([trade('a', 1), trade('a', 1)]));
    const { putRecords } = world.stream;
    world.stream.putRecords = async () => [
      { kind: 'failed', errorCode: 'ProvisionedThroughputExceededException', message: '' },
    ];
    expect(await run(world)).toMatchObject({
      outcome: 'failed',
      reason: 'the buffer has not acknowledged every event of the page',
    });
    expect(await stateOf(world.states)).toMatchObject({ cursor: '0', recent: [] });
    world.stream.putRecords = putRecords;
    expect(await run(world, { owner: 'run-2' })).toMatchObject({ outcome: 'done', sent: 1 });
  });

  it('gets only what it has not acknowledged, when the page is read again', async () => {
    const world = setUp();
    // Two shards: of the first run's two records one is refused.
    answers(
      page(Array.from({ length: 40 }, (_, index) => trade(`t${index}`, 1, { s: `s${index}` }))),
    );
    const { putRecords } = world.stream;
    const refusedKeys = new Set<string>();
    world.stream.putRecords = async (name, records) => {
      const [key = ''] = records.map(({ explicitHashKey }) => String(explicitHashKey));
      if (refusedKeys.size === 0) refusedKeys.add(key);
      if (!refusedKeys.has(key)) return putRecords.call(world.stream, name, records);
      return records.map(() => ({ kind: 'failed', errorCode: 'Throttled', message: '' }));
    };
    const first = await run(world);
    expect(first).toMatchObject({ outcome: 'failed' });
    expect(first.sent).toBeGreaterThan(0);
    expect(first.sent).toBeLessThan(40);
    world.stream.putRecords = putRecords;
    expect(await run(world, { owner: 'run-2' })).toMatchObject({
      outcome: 'done',
      sent: 40 - first.sent,
      repeated: first.sent,
    });
    expect(await idsOn(world.stream)).toHaveLength(40);
  });

  it('is not written to when bad records cannot be filed', async () => {
    const world = setUp();
    answers(page([trade('a', 1), 7]));
    world.store.put = async () => {
      throw new Error('planted');
    };
    await expect(run(world)).rejects.toThrow('planted');
    expect(await idsOn(world.stream)).toEqual([]);
    expect(await stateOf(world.states)).toBeNull();
  });

  it('goes without a receipt rather than without events', async () => {
    const world = setUp();
    answers(page([trade('a', 1)]));
    world.receiptStore.record = async () => {
      throw new Error('planted');
    };
    expect(await run(world)).toMatchObject({ outcome: 'done', receiptFailures: 1 });
  });
});

describe('a state that cannot be read', () => {
  it('stops the connector instead of beginning again', async () => {
    const world = setUp();
    const taken = await world.states.acquire(
      { domain: 'market', connector: 'prices' },
      { owner: 'x', nowMs: 0, untilMs: 1 },
    );
    if (taken.kind === 'held') await world.states.save(taken.lease, '{"cursor":7}');
    await expect(run(world)).rejects.toSatisfy((error) => hasCode(error, 'FORMAT_CORRUPT'));
  });
});
