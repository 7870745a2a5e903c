import { describe, expect, it } from 'vitest';
import type { HttpPollConnector } from '#core/config/connector.ts';
import { pollOrigin, pollRequest } from '#core/poll/poll-request.ts';
import type { PagePosition } from '#core/poll/poll-state.ts';

const CURSOR = '2026-01-31T00:00:00+01:00 "ä"';

function request(
  changes: Partial<HttpPollConnector['request']>,
  options: {
    readonly position?: PagePosition;
    readonly pagination?: HttpPollConnector['pagination'];
    readonly cursor?: HttpPollConnector['cursor'];
    readonly value?: string;
  } = {},
) {
  const { position = { kind: 'first' }, pagination = { kind: 'none' }, cursor = null } = options;
  return pollRequest(
    {
      request: {
        method: 'GET',
        url: 'https://api.example.com/',
        headers: {},
        body: null,
        basic: null,
        ...changes,
      },
      pagination,
      cursor,
    },
    { position, cursor: options.value ?? CURSOR },
    new Map([['key', 'a&b "ä"']]),
  );
}

describe('the request of a page', () => {
  it('has values where they do no harm', () => {
    const sent = request({
      method: 'POST',
      url: `https://api.example.com/t?since=\${cursor}&key=\${secret:key}#x`,
      headers: { 'X-Key': `\${secret:key}`, Accept: 'application/vnd+json' },
      body: `{"since":"\${cursor}"}`,
    });
    const url = new URL(sent.url);
    expect([...url.searchParams]).toEqual([
      ['since', CURSOR],
      ['key', 'a&b "ä"'],
    ]);
    expect(url.hash).toBe('');
    expect(sent.headers).toEqual({
      accept: 'application/vnd+json',
      'content-type': 'application/json',
      'x-key': 'a&b "%C3%A4"',
    });
    expect(JSON.parse(sent.body ?? '')).toEqual({ since: CURSOR });
  });

  it('does not fill in what a value looks like', () => {
    const sent = request({ body: `{"since":"\${cursor}"}` }, { value: `\${secret:key}` });
    expect(JSON.parse(sent.body ?? '')).toEqual({ since: `\${secret:key}` });
  });

  it('carries page and token beside the rest of the query', () => {
    const url = `https://api.example.com/t?since=\${cursor}&page=0`;
    const page = { kind: 'page', param: 'page', start: 1, size: null } as const;
    const token = { kind: 'token', path: '$.t', param: 'after' } as const;
    const of = (sent: { readonly url: string }) => new URL(sent.url).search;
    expect(of(request({ url }, { pagination: page, value: '7' }))).toBe('?since=7&page=1');
    const second = { kind: 'page', page: 2 } as const;
    expect(of(request({ url }, { pagination: page, value: '7', position: second }))).toBe(
      '?since=7&page=2',
    );
    const after = { kind: 'token', token: 'a b' } as const;
    expect(of(request({ url }, { pagination: token, value: '7', position: after }))).toBe(
      '?since=7&page=0&after=a+b',
    );
  });

  it('asks from before the cursor where there is an overlap, but not before the beginning', () => {
    const cursor = {
      initial: '2026-01-01T00:00:00Z',
      from: 't',
      order: 'max',
      compare: 'time',
      overlapMs: 1_000,
    } as const;
    const url = `https://api.example.com/?since=\${cursor}`;
    const since = (value: string) =>
      new URL(request({ url }, { cursor, value }).url).searchParams.get('since');
    expect(since('2026-01-31T00:00:01Z')).toBe('2026-01-31T00:00:00.000Z');
    expect(since(cursor.initial)).toBe(cursor.initial);
  });

  it('goes to one origin', () => {
    const { request: given } = { request: { url: `https://api.example.com:443/a?\${cursor}` } };
    expect(pollOrigin({ ...given, method: 'GET', headers: {}, body: null, basic: null })).toBe(
      'https://api.example.com',
    );
  });
});
