import type { HttpPollConnector, PollPagination } from '#core/config/connector.ts';
import { hasCode } from '#core/errors.ts';
import { isJsonNumber } from '#core/ingest/json-text.ts';
import {
  type CompileJsonPath,
  itemsOf,
  type JsonDocument,
  type JsonPath,
  partsAt,
  readJsonDocument,
} from './json-document.ts';
import { linkTarget } from './link-header.ts';
import type { PollResponse } from './poll-answer.ts';
import type { PagePosition } from './poll-state.ts';
import { sameOriginUrl } from './same-origin.ts';

/** Records of one response, and where the next ones are. */
export interface PollPage {
  readonly records: readonly JsonDocument[];
  readonly next: NextPage;
}

export type NextPage =
  | { readonly kind: 'end' }
  | { readonly kind: 'position'; readonly position: PagePosition }
  /** The response names a next page that is not to be asked for. */
  | { readonly kind: 'refused'; readonly reason: string };

export type PageReading =
  | { readonly ok: true; readonly page: PollPage }
  /** Never a part of the response. */
  | { readonly ok: false; readonly reason: string };

/** How the responses of a connector are read; made once. */
export interface PageReader {
  readonly origin: string;
  readonly records: JsonPath;
  /** What stands before the `[*]` that `records` ends with: a response without it is not an empty one. Null for others. */
  readonly recordsParent: JsonPath | null;
  readonly pagination: PollPagination;
  /** Of the next page's URL or token; null for the other ways. */
  readonly nextPath: JsonPath | null;
}

const JSON_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?json$|^text\/plain$/;

/** Reads a response with a status of success; `url` is where it came from, `position` the page it is. */
export function readPollPage(
  response: PollResponse,
  reader: PageReader,
  asked: { readonly url: string; readonly position: PagePosition },
): PageReading {
  if (response.status === 204) return { ok: true, page: { records: [], next: { kind: 'end' } } };
  const typeProblem = contentTypeProblem(response.headers['content-type']);
  if (typeProblem !== null) return { ok: false, reason: typeProblem };
  const document = readDocument(response.body);
  if (document === null) return { ok: false, reason: 'the response is no JSON in UTF-8' };
  const records = recordsOf(document, reader);
  if (records === null) {
    return { ok: false, reason: 'the response has no list of records where records: says' };
  }
  const next = nextPage(document, response, { reader, asked, count: records.length });
  return { ok: true, page: { records, next } };
}

function contentTypeProblem(header: string | undefined): string | null {
  const type = (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === '' || JSON_TYPE.test(type)) return null;
  return 'the response has a content type other than JSON';
}

function readDocument(body: Uint8Array): JsonDocument | null {
  try {
    return readJsonDocument(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    if (error instanceof TypeError || hasCode(error, 'FORMAT_CORRUPT')) return null;
    throw error;
  }
}

/** The nodes of the path, or the items of the one list it gives. Null when the list is not there. */
function recordsOf(
  document: JsonDocument,
  { records, recordsParent }: PageReader,
): readonly JsonDocument[] | null {
  if (recordsParent?.singular === true) {
    const [parent] = partsAt(document, recordsParent);
    // Some sources write null for a list without items.
    if (typeof parent?.exact !== 'object') return null;
  }
  const parts = partsAt(document, records);
  if (!records.singular) return parts;
  const [part] = parts;
  if (part === undefined) return null;
  if (part.exact === null) return [];
  return Array.isArray(part.exact) ? itemsOf(part) : null;
}

interface NextContext {
  readonly reader: PageReader;
  readonly asked: { readonly url: string; readonly position: PagePosition };
  readonly count: number;
}

function nextPage(document: JsonDocument, response: PollResponse, context: NextContext): NextPage {
  const { pagination, nextPath } = context.reader;
  switch (pagination.kind) {
    case 'none':
      return END;
    case 'link-header':
      return nextUrl(linkTarget(response.headers['link'], 'next'), context);
    case 'next':
      return nextUrl(nextPath === null ? null : scalarAt(document, nextPath), context);
    case 'token':
      return nextToken(nextPath === null ? null : scalarAt(document, nextPath), context);
    case 'page':
      return nextNumber(pagination, context);
  }
}

const END: NextPage = { kind: 'end' };
const STUCK: NextPage = { kind: 'refused', reason: 'the next page is the page itself' };

function scalarAt(document: JsonDocument, path: JsonPath): string | null {
  const exact = partsAt(document, path)[0]?.exact ?? null;
  if (typeof exact === 'string') return exact === '' ? null : exact;
  return isJsonNumber(exact) ? exact.number : null;
}

function nextUrl(text: string | null, { reader, asked }: NextContext): NextPage {
  if (text === null) return END;
  const url = sameOriginUrl(text, asked.url, reader.origin);
  if (url === null) return { kind: 'refused', reason: 'the next page is at another origin' };
  return url === asked.url ? STUCK : { kind: 'position', position: { kind: 'url', url } };
}

function nextToken(token: string | null, { asked }: NextContext): NextPage {
  if (token === null) return END;
  const isSame = asked.position.kind === 'token' && asked.position.token === token;
  return isSame ? STUCK : { kind: 'position', position: { kind: 'token', token } };
}

function nextNumber(
  { start, size }: Extract<PollPagination, { kind: 'page' }>,
  { asked, count }: NextContext,
): NextPage {
  if (count === 0 || (size !== null && count < size)) return END;
  const page = asked.position.kind === 'page' ? asked.position.page : start;
  return { kind: 'position', position: { kind: 'page', page: page + 1 } };
}

/** Prepares the reading of a connector's responses. Throws EXPRESSION_INVALID. */
export function createPageReader(
  connector: Pick<HttpPollConnector, 'records' | 'pagination'>,
  options: { readonly origin: string; readonly compilePath: CompileJsonPath },
): PageReader {
  const { records, pagination } = connector;
  const { origin, compilePath } = options;
  const [, parent] = /^(.*)\[\*\]$/s.exec(records) ?? [];
  const hasPath = pagination.kind === 'next' || pagination.kind === 'token';
  return {
    origin,
    records: compilePath(records),
    recordsParent: parent === undefined ? null : compilePath(parent),
    pagination,
    nextPath: hasPath ? compilePath(pagination.path) : null,
  };
}
