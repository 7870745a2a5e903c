import { gunzipSync } from 'node:zlib';
import { hasCode } from '#core/errors.ts';
import { isJsonObject, type Json, parseJson } from './json-text.ts';
import type { Problem } from './problem.ts';

/** A request as API Gateway hands it over. */
export interface RawBody {
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  /** Null when the request has none. */
  readonly body: string | null;
  /** API Gateway keeps bytes as base64, unless the content type is text, JSON, XML or JavaScript. */
  readonly isBase64: boolean;
}

export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly maxEvents: number;
}

/** One event of the body; a line of NDJSON that is no JSON spoils that line only. */
export type BodyEvent =
  | { readonly ok: true; readonly json: Json }
  | { readonly ok: false; readonly reason: string };

export type BodyReading =
  | { readonly ok: true; readonly events: readonly BodyEvent[] }
  | { readonly ok: false; readonly problem: Problem };

const JSON_TYPE = 'application/json';
const NDJSON_TYPE = 'application/x-ndjson';

/**
 * Takes a request body apart: `{"events": [...]}`, a list, or a line per event (NDJSON), plain or as gzip. What it
 * allocates is bounded by the limits, whatever the body claims to inflate to.
 */
export function readEventBody(request: RawBody, limits: BodyLimits): BodyReading {
  try {
    const mediaType = readMediaType(request.contentType);
    const text = readText(request, limits.maxBodyBytes);
    const events = mediaType === NDJSON_TYPE ? readLines(text, limits) : readDocument(text, limits);
    return { ok: true, events };
  } catch (error) {
    if (error instanceof RefusedBody) return { ok: false, problem: error.problem };
    throw error;
  }
}

/** Leaves the steps of reading; never leaves this file. */
class RefusedBody extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

function malformed(detail: string): RefusedBody {
  return new RefusedBody({ status: 400, kind: 'malformed-body', title: 'Malformed body', detail });
}

function unsupported(detail: string): RefusedBody {
  const title = 'Unsupported media type';
  return new RefusedBody({ status: 415, kind: 'unsupported-media-type', title, detail });
}

function tooLarge(detail: string): RefusedBody {
  return new RefusedBody({ status: 413, kind: 'too-large', title: 'Request too large', detail });
}

function readMediaType(contentType: string | null): string {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const mediaType = type.trim();
  if (mediaType !== JSON_TYPE && mediaType !== NDJSON_TYPE) {
    const got = contentType === null ? 'no content-type' : `content-type ${mediaType}`;
    throw unsupported(`expected ${JSON_TYPE} or ${NDJSON_TYPE}, got ${got}`);
  }
  const charset = parameters.map(
    (parameter) => /^\s*charset\s*=\s*"?([^"\s]*)/.exec(parameter)?.[1],
  );
  if (charset.some((name) => name !== undefined && name !== 'utf-8' && name !== 'utf8')) {
    throw unsupported('expected charset utf-8, got another one');
  }
  return mediaType;
}

function readText(request: RawBody, maxBytes: number): string {
  const { body } = request;
  if (body === null || body === '') throw malformed('expected events, got an empty body');
  const encoding = request.contentEncoding?.trim().toLowerCase() ?? '';
  const compressed = encoding === 'gzip';
  if (!compressed && encoding !== '' && encoding !== 'identity') {
    throw unsupported('expected content-encoding gzip or none, got another one');
  }
  if (!request.isBase64) {
    if (compressed) {
      // API Gateway has decoded the bytes as UTF-8 text by now, which cannot be undone.
      throw unsupported(`expected ${NDJSON_TYPE} for a compressed body, got ${JSON_TYPE}`);
    }
    checkSize(Buffer.byteLength(body), maxBytes);
    return withoutMark(body);
  }
  // Three bytes are four characters: measured before it is decoded.
  checkSize(Math.floor((body.length * 3) / 4) - 2, maxBytes);
  const bytes = Buffer.from(body, 'base64');
  checkSize(bytes.length, maxBytes);
  return decodeUtf8(compressed ? inflate(bytes, maxBytes) : bytes);
}

function checkSize(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes > maxBytes) {
    throw tooLarge(`expected at most ${maxBytes} bytes, got more; send fewer events per request`);
  }
}

function inflate(bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') {
      throw malformed('expected gzip, as content-encoding says, got other or damaged bytes');
    }
    throw tooLarge(`expected at most ${maxBytes} bytes after decompression, got more`);
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return withoutMark(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw malformed('expected UTF-8 text, got other bytes');
  }
}

/** Some tools of Windows begin a file with a byte order mark. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function readDocument(text: string, limits: BodyLimits): readonly BodyEvent[] {
  const events = eventsOf(parseDocument(text));
  checkCount(events.length, limits);
  return events.map((json) => ({ ok: true, json }));
}

function parseDocument(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    if (!hasCode(error, 'FORMAT_CORRUPT')) throw error;
    throw malformed(`the body is no JSON: ${error.message}`);
  }
}

function eventsOf(document: Json): readonly Json[] {
  if (Array.isArray(document)) return document as readonly Json[];
  const events = isJsonObject(document) ? document.get('events') : undefined;
  if (isJsonObject(document) && document.size === 1 && Array.isArray(events)) {
    return events as readonly Json[];
  }
  throw malformed('expected {"events": [...]} with no other key, or a list of events');
}

/** Empty lines count for nothing. Source: github.com/ndjson/ndjson-spec §3.1. */
function readLines(text: string, limits: BodyLimits): readonly BodyEvent[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  checkCount(lines.length, limits);
  return lines.map((line): BodyEvent => {
    try {
      return { ok: true, json: parseJson(line) };
    } catch (error) {
      if (!hasCode(error, 'FORMAT_CORRUPT')) throw error;
      // Every line is line 1 of its own text.
      return { ok: false, reason: error.message.replace(/^line 1, /, '') };
    }
  });
}

function checkCount(count: number, { maxEvents }: BodyLimits): void {
  if (count === 0) throw malformed('expected at least one event, got none');
  if (count > maxEvents) {
    throw tooLarge(`expected at most ${maxEvents} events per request, got ${count}`);
  }
}
