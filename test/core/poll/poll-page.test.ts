import { describe, expect, it } from 'vitest';
import { compileJsonPath } from '#adapters/jsonpath/compile-json-path.ts';
import type { PollPagination } from '#core/config/connector.ts';
import { jsonTextOf } from '#core/poll/json-document.ts';
import { createPageReader, readPollPage } from '#core/poll/poll-page.ts';
import type { PagePosition } from '#core/poll/poll-state.ts';

const ORIGIN = 'https://api.example.com';
const URL = `${ORIGIN}/trades?page=1`;

function read(
  body: string | Uint8Array,
  options: {
    readonly records?: string;
    readonly pagination?: PollPagination;
    readonly headers?: Readonly<Record<string, string>>;
    readonly status?: number;
    readonly position?: PagePosition;
  } = {},
) {
  const { records = '$', pagination = { kind: 'none' }, position = { kind: 'first' } } = options;
  const { headers = {}, status = 200 } = options;
  const reader = createPageReader(
    { records, pagination },
    { origin: ORIGIN, compilePath: compileJsonPath },
  );
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const response = { kind: 'response', status, headers, body: bytes } as const;
  return readPollPage(response, reader, { url: URL, position });
}

function recordsIn(body: string, records: string): readonly string[] | string {
  const reading = read(body, { records });
  return reading.ok ? reading.page.records.map(jsonTextOf) : reading.reason;
}

const NO_LIST = 'the response has no list of records where records: says';

describe('the records of a response', () => {
  it.each([
    ['$', '[1.50,{"a":2}]', ['1.50', '{"a":2}']],
    ['$[*]', '[1,2]', ['1', '2']],
    ['$.trades', '{"trades":[1]}', ['1']],
    ['$.trades[*]', '{"trades":[1,2]}', ['1', '2']],
    ['$.trades[*]', '{"trades":[]}', []],
    ['$.trades[*]', '{"trades":null}', []],
    ['$.trades', '{"trades":null}', []],
    ['$.byId[*]', '{"byId":{"x":1,"y":2}}', ['1', '2']],
    ['$.pages[*].rows[*]', '{"pages":[{"rows":[1]},{"rows":[2,3]}]}', ['1', '2', '3']],
    ['$.trades[?@.live==true]', '{"trades":[{"live":false}]}', []],
    ['$..trade', '{"a":{"trade":1},"b":{"trade":2}}', ['1', '2']],
  ])('at %s of %s', (path, body, records) => {
    expect(recordsIn(body, path)).toEqual(records);
  });

  it.each([
    ['$', '{"error":"busy"}'],
    ['$.trades[*]', '{"error":"busy"}'],
    ['$.trades[*]', '{"trades":"none"}'],
    ['$.trades', '{"trades":{"id":1}}'],
    ['$.data.trades', '{"data":[]}'],
  ])('are missing at %s of %s, which is not the same as none', (path, body) => {
    expect(recordsIn(body, path)).toBe(NO_LIST);
  });
});

describe('a response', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/Vnd.api+json',
    'text/json',
    'text/plain',
  ])('may be %s', (type) => {
    expect(read('[]', { headers: { 'content-type': type } }).ok).toBe(true);
  });

  it.each(['text/html', 'application/xml', 'application/octet-stream'])('is none as %s', (type) => {
    expect(read('[]', { headers: { 'content-type': type } }).ok).toBe(false);
  });

  it('is UTF-8, with or without byte order mark', () => {
    expect(read(Buffer.from('\ufeff["ä"]'))).toMatchObject({ ok: true });
    expect(read(Buffer.from([0x5b, 0x22, 0xe4, 0x22, 0x5d]))).toEqual({
      ok: false,
      reason: 'the response is no JSON in UTF-8',
    });
  });

  it('without content has no records', () => {
    expect(read('', { status: 204 })).toEqual({
      ok: true,
      page: { records: [], next: { kind: 'end' } },
    });
    expect(read('').ok).toBe(false);
  });

  it('that nests too deeply is refused', () => {
    expect(read('['.repeat(100_000)).ok).toBe(false);
  });
});

function nextOf(body: string, options: Parameters<typeof read>[1]) {
  const reading = read(body, { records: '$.r', ...options });
  return reading.ok ? reading.page.next : reading.reason;
}

describe('the next page', () => {
  const next: PollPagination = { kind: 'next', path: '$.next' };
  const token: PollPagination = { kind: 'token', path: '$.meta.next', param: 'after' };
  const page = (size: number | null): PollPagination => ({
    kind: 'page',
    param: 'page',
    start: 1,
    size,
  });

  it.each([
    ['/trades?page=2', `${ORIGIN}/trades?page=2`],
    ['?page=2', `${ORIGIN}/trades?page=2`],
    [`${ORIGIN}:443/x#part`, `${ORIGIN}/x`],
  ])('is at the URL %s', (text, url) => {
    expect(nextOf(JSON.stringify({ r: [], next: text }), { pagination: next })).toEqual({
      kind: 'position',
      position: { kind: 'url', url },
    });
  });

  it.each([
    'http://api.example.com/trades',
    'https://api.example.com:8443/',
    'https://evil.example/',
    '//evil.example/',
    'https://api.example.com@evil.example/',
    'https://user:pass@api.example.com/',
    'javascript:alert(1)',
    'https://',
  ])('is never at %s', (text) => {
    expect(nextOf(JSON.stringify({ r: [], next: text }), { pagination: next })).toMatchObject({
      kind: 'refused',
    });
  });

  it.each(['null', '""', '{}', 'false'])('is none for %s', (value) => {
    expect(nextOf(`{"r":[],"next":${value}}`, { pagination: next })).toEqual({ kind: 'end' });
    expect(nextOf(`{"r":[],"meta":{"next":${value}}}`, { pagination: token })).toEqual({
      kind: 'end',
    });
  });

  it('is named by a token, a long number among them', () => {
    expect(nextOf('{"r":[],"meta":{"next":9007199254740993}}', { pagination: token })).toEqual({
      kind: 'position',
      position: { kind: 'token', token: '9007199254740993' },
    });
    const position = { kind: 'token', token: 'a' } as const;
    expect(nextOf('{"r":[],"meta":{"next":"a"}}', { pagination: token, position })).toMatchObject({
      kind: 'refused',
    });
  });

  it('is the next number while pages are full', () => {
    const position = { kind: 'page', page: 4 } as const;
    expect(nextOf('{"r":[1,2]}', { pagination: page(2), position })).toEqual({
      kind: 'position',
      position: { kind: 'page', page: 5 },
    });
    expect(nextOf('{"r":[1]}', { pagination: page(2), position })).toEqual({ kind: 'end' });
    expect(nextOf('{"r":[1]}', { pagination: page(null) })).toMatchObject({ kind: 'position' });
    expect(nextOf('{"r":[]}', { pagination: page(null) })).toEqual({ kind: 'end' });
  });
});
