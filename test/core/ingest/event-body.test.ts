import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type RawBody, readEventBody } from '#core/ingest/event-body.ts';

const LIMITS = { maxBodyBytes: 1_000, maxEvents: 3 };

function readText(body: string, changes: Partial<RawBody> = {}) {
  return readEventBody(
    { contentType: 'application/json', contentEncoding: null, body, isBase64: false, ...changes },
    LIMITS,
  );
}

/** As API Gateway hands over a content type it takes for binary. */
function readBytes(bytes: Uint8Array, changes: Partial<RawBody> = {}) {
  const body = Buffer.from(bytes).toString('base64');
  return readText(body, { contentType: 'application/x-ndjson', isBase64: true, ...changes });
}

const event = (id: string) => ({ ok: true, json: new Map([['id', id]]) });

describe('an event body', () => {
  it.each([
    ['{"events":[{"id":"a"},{"id":"b"}]}'],
    ['[{"id":"a"},{"id":"b"}]'],
    ['\ufeff [ {"id":"a"} , {"id":"b"} ]\n'],
  ])('holds events: %j', (body) => {
    expect(readText(body)).toEqual({ ok: true, events: [event('a'), event('b')] });
  });

  it('holds an event per line, and empty lines', () => {
    const lines = Buffer.from('{"id":"a"}\r\n\n{"id":"b"}\n \n');
    expect(readBytes(lines)).toEqual({ ok: true, events: [event('a'), event('b')] });
  });

  it('loses only the line that is no JSON', () => {
    expect(readBytes(Buffer.from('{"id":"a"}\n{"id":\n{"id":"c"}'))).toEqual({
      ok: true,
      events: [
        event('a'),
        { ok: false, reason: 'column 7: expected a value, got the end' },
        event('c'),
      ],
    });
  });

  it('is inflated', () => {
    const options = { contentEncoding: 'GZIP' };
    expect(readBytes(gzipSync('{"id":"a"}'), options)).toEqual({ ok: true, events: [event('a')] });
  });

  it('may be JSON as base64, compressed too', () => {
    const contentType = 'application/json; charset="UTF-8"';
    const json = '{"events":[{"id":"a"}]}';
    expect(readBytes(Buffer.from(json), { contentType })).toMatchObject({ ok: true });
    expect(readBytes(gzipSync(json), { contentType, contentEncoding: 'gzip' })).toMatchObject({
      ok: true,
    });
  });

  it.each<[string, string | null, Partial<RawBody>, number, string]>([
    ['no content type', '[]', { contentType: null }, 415, 'got no content-type'],
    [
      'a form',
      'a=b',
      { contentType: 'application/x-www-form-urlencoded' },
      415,
      'got content-type application/x-www-form-urlencoded',
    ],
    [
      'another charset',
      '[]',
      { contentType: 'application/json; charset=latin1' },
      415,
      'expected charset utf-8',
    ],
    [
      'another encoding',
      '[]',
      { contentEncoding: 'br' },
      415,
      'expected content-encoding gzip or none',
    ],
    [
      'compressed bytes that were taken for text',
      '\u001f\ufffd',
      { contentEncoding: 'gzip' },
      415,
      'expected application/x-ndjson for a compressed body',
    ],
    ['no body', null, {}, 400, 'got an empty body'],
    ['an empty body', '', {}, 400, 'got an empty body'],
    [
      'no JSON',
      '{"events":[',
      {},
      400,
      'the body is no JSON: line 1, column 12: expected a value, got the end',
    ],
    ['no events', '{"events":[]}', {}, 400, 'expected at least one event'],
    ['one event alone', '{"id":"a"}', {}, 400, 'expected {"events": [...]}'],
    ['another key', '{"events":[{}],"stream":"trade"}', {}, 400, 'expected {"events": [...]}'],
    ['events twice', '{"events":[{}],"events":[{}]}', {}, 400, 'expected {"events": [...]}'],
    ['too many events', '[1,2,3,4]', {}, 413, 'expected at most 3 events per request, got 4'],
    ['too many bytes', `["${'é'.repeat(500)}"]`, {}, 413, 'expected at most 1000 bytes'],
    [
      'too many bytes as base64',
      'A'.repeat(1_400),
      { isBase64: true },
      413,
      'expected at most 1000 bytes',
    ],
    ['no gzip', 'AAAA', { isBase64: true, contentEncoding: 'gzip' }, 400, 'expected gzip'],
    ['no UTF-8', '/////w==', { isBase64: true }, 400, 'expected UTF-8 text'],
  ])('is refused: %s', (_what, body, changes, status, detail) => {
    expect(readText('', { body, ...changes })).toEqual({
      ok: false,
      problem: expect.objectContaining({ status, detail: expect.stringContaining(detail) }),
    });
  });

  it('is refused when a gzip stream is cut off', () => {
    const whole = gzipSync('{"id":"a"}');
    expect(
      readBytes(whole.subarray(0, whole.length - 3), { contentEncoding: 'gzip' }),
    ).toMatchObject({ ok: false, problem: { status: 400 } });
  });

  it('inflates no further than its limit', () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000, 0x20), { level: 9 });
    const before = process.memoryUsage.rss();
    const reading = readEventBody(
      {
        contentType: 'application/x-ndjson',
        contentEncoding: 'gzip',
        body: bomb.toString('base64'),
        isBase64: true,
      },
      { maxBodyBytes: 1_000_000, maxEvents: 10 },
    );
    expect(reading).toMatchObject({ ok: false, problem: { status: 413, kind: 'too-large' } });
    expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
  });
});
