/** What goes back to the client. */
export interface ApiResponse {
  readonly status: number;
  /** A list is sent as one header each. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible characters, spaces and tabs. Source: RFC 9110 §5.5. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Set by the server itself. */
const CONTROLLED_HEADERS = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
]);

/**
 * Reads what a function answered; null when that is no response. Without a status code the answer itself is the body:
 * a text as it is, anything else as JSON. Source: Amazon API Gateway, "Lambda function response for format 2.0".
 */
export function readProxyResponse(payload: Buffer): ApiResponse | null {
  const answer = parseJson(payload);
  if (answer === undefined) return null;
  if (!isObject(answer) || answer['statusCode'] === undefined) {
    const body = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer));
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = answer;
  const status = Number(statusCode);
  const read = readHeaders(headers);
  const isResponse =
    Number.isInteger(status) &&
    status >= 200 &&
    status <= 599 &&
    read !== null &&
    isCookieList(cookies) &&
    (typeof body === 'string' || body === null);
  if (!isResponse) return null;
  return {
    status,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...read,
      ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }),
    },
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lower-case names; null when one could not be sent. */
function readHeaders(headers: unknown): Readonly<Record<string, string>> | null {
  if (!isObject(headers)) return headers === null ? {} : null;
  const read = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  if (read.some(([name, value]) => !HEADER_NAME.test(name) || !HEADER_VALUE.test(value))) {
    return null;
  }
  return Object.fromEntries(read.filter(([name]) => !CONTROLLED_HEADERS.has(name)));
}

function isCookieList(cookies: unknown): cookies is readonly string[] {
  return (
    Array.isArray(cookies) &&
    cookies.every((cookie) => typeof cookie === 'string' && HEADER_VALUE.test(cookie))
  );
}

/** An answer of API Gateway's own. */
export function gatewayMessage(status: number, message: string): ApiResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
  };
}
