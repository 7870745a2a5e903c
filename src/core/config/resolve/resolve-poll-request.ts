import { CURSOR_VARIABLE, namesIn } from '#core/poll/poll-template.ts';
import type { HttpPollConnector } from '../connector.ts';
import { HTTP_POLL_DEFAULTS, type HttpPollInput } from '../model/http-poll-model.ts';
import { type ConfigPath, quote } from '../source/config-issue.ts';
import type { ConnectorPlace } from './connector-context.ts';

type PollRequest = HttpPollConnector['request'];

/** Header names. Source: RFC 9110 §5.1, token. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Set by the client itself. */
const OWN_HEADERS = [
  'host',
  'content-length',
  'connection',
  'transfer-encoding',
  'accept-encoding',
];

/** The request of an http-poll connector, its credentials among the headers. Every problem is reported. */
export function resolvePollRequest(input: HttpPollInput, place: ConnectorPlace): PollRequest {
  const method = input.method ?? HTTP_POLL_DEFAULTS.method;
  const { path, report } = place;
  if (input.body !== undefined && method !== 'POST') {
    report.at([...path, 'body'], 'expected no body with method GET, got one; set method: POST');
  }
  const url = input.url ?? '';
  checkUrl(url, input, place);
  checkTemplate(url, [...path, 'url'], place);
  if (input.body !== undefined) checkTemplate(input.body, [...path, 'body'], place);
  for (const [name, value] of Object.entries(input.headers ?? {})) {
    checkHeaderName(name, [...path, 'headers', name], place);
    checkTemplate(value, [...path, 'headers', name], place);
  }
  checkCursorUse(input, place);
  const auth = resolveAuth(input.auth, place);
  const headers = { ...input.headers, ...auth.headers };
  return { method, url, headers, body: input.body ?? null, basic: auth.basic };
}

function checkUrl(url: string, input: HttpPollInput, { path, report }: ConnectorPlace): void {
  if (url === '') return;
  const parsed = URL.parse(url.replaceAll(/\$\{[^}]*\}/g, '0'));
  const origin = /^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0] ?? '';
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    report.at(
      [...path, 'url'],
      'expected a URL such as https://api.example.com/trades, got other text',
    );
  } else if (origin.includes('${') || parsed.username !== '') {
    report.at([...path, 'url'], 'expected a host without placeholder or user, got one; see auth');
  } else if (parsed.protocol === 'http:' && !allowsHttp(input)) {
    report.at(
      [...path, 'url'],
      'expected https, got http; allow: [http] lets it through unencrypted',
    );
  }
}

function allowsHttp({ allow = [] }: HttpPollInput): boolean {
  return allow.includes('http') || allow.includes('loopback');
}

/** Secrets are checked with those of the whole file. */
function checkTemplate(text: string, path: ConfigPath, { report }: ConnectorPlace): void {
  for (const name of namesIn([text]).variables) {
    if (name === CURSOR_VARIABLE) continue;
    report.at(path, `expected \${cursor} or \${secret:name}, got ${quote(`\${${name}}`)}`);
  }
}

function checkHeaderName(name: string, path: ConfigPath, { report }: ConnectorPlace): void {
  if (!HEADER_NAME.test(name)) report.atKey(path, `expected a header name, got ${quote(name)}`);
  else if (OWN_HEADERS.includes(name.toLowerCase())) {
    report.atKey(
      path,
      `expected another header, got ${quote(name)}, which is set with every request`,
    );
  }
}

/** A cursor that is asked for but never sent, or the other way round, would read the same page for ever. */
function checkCursorUse(input: HttpPollInput, { path, report }: ConnectorPlace): void {
  const texts = [input.url ?? '', input.body ?? '', ...Object.values(input.headers ?? {})];
  const used = namesIn(texts).variables.includes(CURSOR_VARIABLE);
  if (used && input.cursor === undefined && !report.has([...path, 'cursor'])) {
    report.at(
      [...path, 'url'],
      `expected cursor: beside \${cursor}, got none; it says where to begin`,
    );
  }
  if (!used && input.cursor !== undefined && input.url !== undefined) {
    report.at([...path, 'cursor'], `expected \${cursor} in url, body or headers, got none`);
  }
}

const AUTH_EXPECTED = 'expected header with value, bearer, or basic';

function resolveAuth(
  auth: HttpPollInput['auth'],
  place: ConnectorPlace,
): Pick<PollRequest, 'headers' | 'basic'> {
  const { header, value, bearer, basic } = auth ?? {};
  const path = [...place.path, 'auth'];
  const kinds = [header ?? value, bearer, basic].filter((kind) => kind !== undefined);
  const isHalf = (header === undefined) !== (value === undefined);
  if (auth !== undefined && (kinds.length !== 1 || isHalf)) {
    place.report.at(path, `${AUTH_EXPECTED}, got ${Object.keys(auth).join(', ') || 'nothing'}`);
    return { headers: {}, basic: null };
  }
  if (basic !== undefined) {
    checkTemplate(basic.user, [...path, 'basic', 'user'], place);
    checkSecret(basic.password, [...path, 'basic', 'password'], place);
    return { headers: {}, basic };
  }
  if (bearer !== undefined) {
    checkSecret(bearer, [...path, 'bearer'], place);
    return { headers: { authorization: `Bearer ${bearer}` }, basic: null };
  }
  if (header === undefined || value === undefined) return { headers: {}, basic: null };
  checkHeaderName(header, [...path, 'header'], place);
  checkSecret(value, [...path, 'value'], place);
  return { headers: { [header]: value }, basic: null };
}

/** A credential in a domain file would be in the history of the repository for ever. */
function checkSecret(text: string, path: ConfigPath, place: ConnectorPlace): void {
  checkTemplate(text, path, place);
  if (namesIn([text]).secrets.length > 0) return;
  place.report.at(path, `expected \${secret:name}, got text; credentials are kept in secrets:`);
}
