import type { HttpPollConnector } from '#core/config/connector.ts';
import { withOverlap } from './cursor-value.ts';
import type { PagePosition } from './poll-state.ts';
import {
  escapeForHeader,
  escapeForJson,
  escapeForUrl,
  fillTemplate,
  type RequestValues,
} from './poll-template.ts';

/** A request as it is sent; holds secrets, so it is never logged. */
export interface PollRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** The request of a page. `cursor` is that of the walk's start: the pages of a walk are pages of one question. */
export function pollRequest(
  connector: Pick<HttpPollConnector, 'request' | 'pagination' | 'cursor'>,
  page: { readonly position: PagePosition; readonly cursor: string | null },
  secrets: ReadonlyMap<string, string>,
): PollRequest {
  const { request, cursor } = connector;
  const from =
    cursor === null || page.cursor === null || page.cursor === cursor.initial
      ? page.cursor
      : withOverlap(cursor, page.cursor);
  const values: RequestValues = { cursor: from, secrets };
  return {
    method: request.method,
    url: pageUrl(connector, page.position, values),
    headers: requestHeaders(request, values),
    body: request.body === null ? null : fillTemplate(request.body, values, escapeForJson),
  };
}

/** Scheme, host and port that requests and their credentials may go to. */
export function pollOrigin(request: HttpPollConnector['request']): string {
  return new URL(request.url.replaceAll(/\$\{[^}]*\}/g, '0')).origin;
}

function pageUrl(
  { request, pagination }: Pick<HttpPollConnector, 'request' | 'pagination'>,
  position: PagePosition,
  values: RequestValues,
): string {
  if (position.kind === 'url') return position.url;
  const url = new URL(fillTemplate(request.url, values, escapeForUrl));
  if (pagination.kind === 'page') {
    const page = position.kind === 'page' ? position.page : pagination.start;
    url.searchParams.set(pagination.param, String(page));
  }
  if (pagination.kind === 'token' && position.kind === 'token') {
    url.searchParams.set(pagination.param, position.token);
  }
  url.hash = '';
  return url.href;
}

function requestHeaders(
  request: HttpPollConnector['request'],
  values: RequestValues,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (request.body !== null) headers['content-type'] = 'application/json';
  for (const [name, text] of Object.entries(request.headers)) {
    headers[name.toLowerCase()] = fillTemplate(text, values, escapeForHeader);
  }
  if (request.basic !== null) {
    const { user, password } = request.basic;
    const plain = (text: string) => fillTemplate(text, values, (value) => value);
    const pair = Buffer.from(`${plain(user)}:${plain(password)}`).toString('base64');
    headers['authorization'] = `Basic ${pair}`;
  }
  return headers;
}
