import { describe, expect, it } from 'vitest';
import { compileJsonPath } from '#adapters/jsonpath/compile-json-path.ts';
import type { HttpPollConnector } from '#core/config/connector.ts';
import { issuesOf, MARKET, projectOf } from '../project-fixture.ts';

const SELECT = `select:
      source_system: "'ACME'"
      trade_id: id
      symbol: upper(s)
      timestamp: { value: t, epoch: ms }
      price: $.p
      size: cast(q as double) * 2`;

/** The market domain with one http-poll connector of these keys, indented as in the file. */
function connector(text: string, select = SELECT): Readonly<Record<string, string>> {
  const keys = text
    .trim()
    .split('\n')
    .map((line) => `    ${line.trimEnd()}`)
    .join('\n');
  return {
    'domains/market.yaml': `${MARKET}connectors:\n  poll:\n    kind: http-poll\n${keys}\n    ${select}\n`,
  };
}

function resolved(text: string): HttpPollConnector {
  const [found] = projectOf(connector(text), { compileJsonPath }).domains[0]?.connectors ?? [];
  if (found?.kind !== 'http-poll') throw new Error('no connector');
  return found;
}

/** Issues without the place. */
function messages(text: string, select = SELECT): readonly string[] {
  return issuesOf(connector(text, select), { compileJsonPath })
    .split('\n')
    .map((line) => line.replace(/^\S+:\d+:\d+ connectors\.poll\.?/, ''));
}

const BASE = 'stream: trade\nevery: 5m\nurl: https://api.example.com/trades';
const CURSOR = `stream: trade
every: 5m
url: "https://api.example.com/trades?since=\${cursor}"
cursor: { initial: "2026-01-01T00:00:00Z", from: t, order: max }`;

describe('an http-poll connector', () => {
  it('gets its defaults', () => {
    expect(resolved(BASE)).toMatchObject({
      name: 'poll',
      environments: null,
      stream: 'trade',
      everyMinutes: 5,
      request: {
        method: 'GET',
        url: 'https://api.example.com/trades',
        headers: {},
        body: null,
        basic: null,
      },
      records: '$',
      cursor: null,
      pagination: { kind: 'none' },
      limits: {
        maxPages: 100,
        requestsPerSecond: null,
        timeoutMs: 10_000,
        maxResponseBytes: 10_000_000,
        attempts: 4,
        retryBaseMs: 500,
        retryMaxMs: 30_000,
      },
      allow: [],
    });
    expect(resolved(BASE).select[3]).toEqual({ field: 'timestamp', from: 't', epoch: 'ms' });
  });

  it('keeps what the file says', () => {
    const found = resolved(
      `stream: trade
environments: [local, prod]
every: 1h
url: https://api.example.com/trades
method: POST
body: '{"from":"\${cursor}"}'
headers: { X-Team: data }
auth: { bearer: "\${secret:prices_token}" }
records: $.trades[*]
cursor: { initial: 0, from: id, order: last, compare: text }
pagination: { token: { path: $.next, param: page_token } }
max_pages: 7
rate_limit: 5/s
timeout: 2s
max_response: 1MB
retry: { attempts: 2 }
allow: [private]`.replace('every: 1h', 'every: 30m'),
    );
    expect(found).toMatchObject({
      environments: ['local', 'prod'],
      everyMinutes: 30,
      request: {
        method: 'POST',
        headers: { 'X-Team': 'data', authorization: `Bearer \${secret:prices_token}` },
        body: `{"from":"\${cursor}"}`,
      },
      records: '$.trades[*]',
      cursor: { initial: '0', from: 'id', order: 'last', compare: 'text', overlapMs: 0 },
      pagination: { kind: 'token', path: '$.next', param: 'page_token' },
      limits: {
        maxPages: 7,
        requestsPerSecond: 5,
        timeoutMs: 2_000,
        maxResponseBytes: 1_000_000,
        attempts: 2,
        retryBaseMs: 500,
      },
      allow: ['private'],
    });
  });

  it('sees from the first value how the cursor compares', () => {
    expect(resolved(CURSOR).cursor).toMatchObject({ compare: 'time' });
    expect(resolved(CURSOR.replace('"2026-01-01T00:00:00Z"', '0')).cursor).toMatchObject({
      initial: '0',
      compare: 'number',
    });
  });

  it.each([
    ['every: 90s', 'every', /^every: expected whole minutes .*, got 90000ms$/],
    ['every: 30s', 'every', /^every: expected a duration .* at least 1m/],
    [
      'every: 45m',
      'every',
      /^every: expected a dedupe\.horizon of stream trade of at least two intervals \(5400s\), got 3600s/,
    ],
    ['stream: trde', 'stream', /^stream: expected "trade", got "trde"; did you mean "trade"\?$/],
    ['url: api.example.com', 'url', /^url: expected a URL such as/],
    ['url: http://api.example.com', 'url', /^url: expected https, got http; allow: \[http\]/],
    [
      'url: https://me:pass@api.example.com',
      'url',
      /^url: expected a host without placeholder or user/,
    ],
    [`url: "https://\${secret:host}/"`, 'url', /^url: expected a host without placeholder/],
    [
      `url: "https://a.example/\${cursr}"`,
      'url',
      /^url: expected \$\{cursor\} or \$\{secret:name\}, got "\$\{cursr\}"/,
    ],
    [`url: "https://a.example/\${cursor}"`, 'url', /^url: expected cursor: beside/],
  ])('with %s is refused', (line, key, message) => {
    const text = BASE.split('\n').map((given) => (given.startsWith(`${key}:`) ? line : given));
    const found = messages(text.join('\n'));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  it.each([
    ['environments: [loca]', /^environments\[0\]: expected .*did you mean "local"/],
    ['body: "{}"', /^body: expected no body with method GET/],
    ['headers: { "bad name": x }', /^headers\["bad name"\]: expected a header name/],
    ['headers: { Host: x }', /^headers\.Host: expected another header/],
    ['auth: { bearer: plain }', /^auth\.bearer: expected \$\{secret:name\}, got text/],
    ['auth: { header: X-Key }', /^auth: expected header with value, bearer, or basic, got header$/],
    [
      'auth: { basic: { user: u, password: p } }',
      /^auth\.basic\.password: expected \$\{secret:name\}/,
    ],
    ['auth: {}', /^auth: expected header with value, bearer, or basic, got nothing$/],
    ['records: $.a[', /^records: expected a valid expression or JSONPath, column \d+: no JSONPath/],
    [
      'pagination: { next: $.a, token: { path: $.b, param: c } }',
      /^pagination: expected one of next, page and token, got next and token$/,
    ],
    ['pagination: { next: "$.." }', /^pagination\.next: expected a valid expression or JSONPath/],
    ['pagination: linkheader', /^pagination: expected none, link-header, or a mapping/],
    [
      'pagination: { page: { param: p, strat: 1 } }',
      /^pagination\.page\.strat: .*did you mean "start"\?$/,
    ],
    ['retry: { attempts: 0 }', /^retry\.attempts: expected at least 1, got 0$/],
    ['allow: [everything]', /^allow\[0\]: expected one of "http", "loopback"/],
    [
      'cursor: { initial: 0, from: t, order: max }',
      /^cursor: expected \$\{cursor\} in url, body or headers, got none$/,
    ],
  ])('with %s is refused as well', (line, message) => {
    const found = messages(`${BASE}\n${line}`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  it.each([
    [
      '{ initial: x, from: t, order: max, compare: number }',
      /^cursor\.initial: expected a number to begin with/,
    ],
    [
      '{ initial: 0, from: "t +", order: max }',
      /^cursor\.from: expected a valid expression or JSONPath/,
    ],
    [
      '{ initial: 0, from: t, order: max, overlap: 1m }',
      /^cursor\.overlap: expected an overlap only where/,
    ],
    [
      '{ initial: 0, from: t, order: first }',
      /^cursor\.order: expected "max" or "last", got "first"/,
    ],
  ])('with cursor %s is refused', (cursor, message) => {
    const found = messages(CURSOR.replace(/cursor: \{.*\}/, `cursor: ${cursor}`));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });
});

describe('a selection', () => {
  const LINES = SELECT.split('\n');
  const without = (name: string) => LINES.filter((line) => !line.includes(`${name}:`)).join('\n');

  it('names every required field of its stream', () => {
    expect(messages(BASE, without('size'))).toEqual([
      'select: expected every required field of stream trade, got none for size; for instance size: <member of the record>',
    ]);
  });

  it('names fields that exist, each once', () => {
    expect(messages(BASE, `${SELECT}\n      prize: p`)).toEqual([
      expect.stringContaining('select.prize: expected one of "source_system"'),
    ]);
    expect(messages(BASE, `${SELECT}\n      fee: f\n      fee_cents: f`)).toEqual([
      'select.fee_cents: expected field "fee" once, got it twice',
    ]);
  });

  it.each([
    ['size: "cast(q as"', 'select.size: expected a valid expression or JSONPath, column 10: '],
    ['size: nofunction(q)', 'select.size: expected a valid expression or JSONPath, column 1: '],
    ['size: $.q[', 'select.size: expected a valid expression or JSONPath, column '],
    [
      'size: { value: q, epoch: ms }',
      'select.size: expected a valid expression or JSONPath, column 1: has type double',
    ],
    [
      'size: { value: q, epoch: h }',
      'select.size.epoch: expected one of "s", "ms", "us", "ns", got "h"',
    ],
  ])('with %s is refused at its place', (line, message) => {
    const found = messages(BASE, `${without('size')}\n      ${line}`);
    expect(found).toHaveLength(1);
    expect(found[0]?.startsWith(message)).toBe(true);
  });
});
