import { SluiceError } from '#core/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { RestCatalogAuth } from './rest-catalog-calls.ts';

/** A token of the server, from wherever secrets come from. It is asked for anew after a refusal. */
export function bearerAuth(
  token: (options: { readonly isRejected: boolean }) => Promise<string>,
): RestCatalogAuth {
  return async (_, options) => ({ authorization: `Bearer ${await token(options)}` });
}

export interface OAuth2Options {
  /** Of the authorization server, or `<catalog>/v1/oauth/tokens` of an older catalog. */
  readonly tokenUri: string;
  readonly clientId: string;
  readonly clientSecret: () => Promise<string>;
  /** @default catalog */
  readonly scope?: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly requestTimeoutMs: number;
}

/** A token is renewed this long before it runs out. */
const RENEW_BEFORE_MS = 60_000;
/** Where the server does not say how long a token holds. */
const DEFAULT_LIFETIME_S = 3600;
const MAX_ANSWER_CHARACTERS = 65_536;

/**
 * OAuth2 client credentials: one token for all requests, fetched once by those that come at the same time, and anew
 * shortly before it runs out or when the catalog refuses it. Throws SOURCE_UNAVAILABLE; no message holds a secret.
 * Source: RFC 6749 §4.4; Iceberg REST catalog API, getToken.
 */
export function oAuth2Auth(options: OAuth2Options): RestCatalogAuth {
  let held: { readonly token: Promise<Token> } | null = null;
  const renew = (): Promise<Token> => {
    const token = fetchToken(options);
    const mine = { token };
    held = mine;
    token.catch(() => {
      if (held === mine) held = null;
    });
    return token;
  };
  return async (_, { isRejected }) => {
    const known = isRejected || held === null ? null : await held.token;
    const isFresh = known !== null && known.expiresMs - RENEW_BEFORE_MS > options.clock.nowMs();
    const { text } = isFresh ? known : await renew();
    return { authorization: `Bearer ${text}` };
  };
}

interface Token {
  readonly text: string;
  readonly expiresMs: number;
}

async function fetchToken(options: OAuth2Options): Promise<Token> {
  const { tokenUri, clientId, clientSecret, scope = 'catalog', clock, requestTimeoutMs } = options;
  const startedMs = clock.nowMs();
  const secret = await clientSecret();
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: secret,
    scope,
  });
  const answer = await fetch(tokenUri, {
    method: 'POST',
    body,
    headers: { accept: 'application/json' },
    // A redirect would take the secret to another host.
    redirect: 'error',
    signal: AbortSignal.timeout(requestTimeoutMs),
  })
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch((error: unknown) => {
      throw unavailable(tokenUri, error instanceof Error ? error.message : String(error));
    });
  const token = answer.text.length > MAX_ANSWER_CHARACTERS ? null : parseToken(answer.text);
  if (answer.status !== 200 || token === null) {
    throw unavailable(tokenUri, `answered with ${answer.status} and no access token`);
  }
  return { text: token.text, expiresMs: startedMs + token.lifetimeS * 1000 };
}

function parseToken(text: string): { readonly text: string; readonly lifetimeS: number } | null {
  try {
    const { access_token: token, expires_in: lifetime } = JSON.parse(text) as {
      readonly access_token?: unknown;
      readonly expires_in?: unknown;
    };
    if (typeof token !== 'string' || token === '') return null;
    const lifetimeS = typeof lifetime === 'number' ? lifetime : DEFAULT_LIFETIME_S;
    return { text: token, lifetimeS };
  } catch {
    return null;
  }
}

function unavailable(tokenUri: string, reason: string): SluiceError {
  return new SluiceError(
    'SOURCE_UNAVAILABLE',
    `REST catalog: token from ${new URL(tokenUri).host}: ${reason}; check the client id and secret`,
  );
}
