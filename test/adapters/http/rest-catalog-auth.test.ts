import { describe, expect, it } from 'vitest';
import { bearerAuth, oAuth2Auth } from '#adapters/http/rest-catalog-auth.ts';
import type { RestCatalogRequest } from '#adapters/http/rest-catalog-calls.ts';
import { type ServerAnswer, startRestServer } from './rest-catalog-server.ts';

const REQUEST: RestCatalogRequest = {
  method: 'GET',
  url: 'http://x.test',
  headers: {},
  body: null,
};
const FRESH = { isRejected: false };

async function tokens(answer: (number: number) => ServerAnswer) {
  const server = await startRestServer((_, number) => answer(number));
  let nowMs = 1_000_000;
  const auth = oAuth2Auth({
    tokenUri: `${server.uri}/token`,
    clientId: 'client',
    clientSecret: async () => 's3cret&',
    clock: { nowMs: () => nowMs },
    requestTimeoutMs: 2_000,
  });
  return {
    server,
    auth: async (isRejected = false) => (await auth(REQUEST, { isRejected }))['authorization'],
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

const token = (number: number): ServerAnswer => ({
  status: 200,
  body: JSON.stringify({ access_token: `t${number}`, token_type: 'bearer', expires_in: 300 }),
});

describe('bearerAuth', () => {
  it('sends the token there is, and says when it was refused', async () => {
    const auth = bearerAuth(async ({ isRejected }) => (isRejected ? 'new' : 'old'));
    expect(await auth(REQUEST, FRESH)).toEqual({ authorization: 'Bearer old' });
    expect(await auth(REQUEST, { isRejected: true })).toEqual({ authorization: 'Bearer new' });
  });
});

describe('oAuth2Auth', () => {
  it('fetches one token for all, with the secret in the body', async () => {
    const { server, auth } = await tokens(token);
    expect(await Promise.all([auth(), auth(), auth()])).toEqual(Array(3).fill('Bearer t1'));
    expect(await auth()).toBe('Bearer t1');
    expect(server.requests).toHaveLength(1);
    expect(Object.fromEntries(new URLSearchParams(server.requests[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client',
      client_secret: 's3cret&',
      scope: 'catalog',
    });
  });

  it('fetches another before one runs out, and when one is refused', async () => {
    const { auth, pass } = await tokens(token);
    expect(await auth()).toBe('Bearer t1');
    pass(239_000);
    expect(await auth()).toBe('Bearer t1');
    pass(2_000);
    expect(await auth()).toBe('Bearer t2');
    expect(await auth(true)).toBe('Bearer t3');
    expect(await auth()).toBe('Bearer t3');
  });

  it.each<[string, ServerAnswer]>([
    ['an error', { status: 401, body: '{"error":"invalid_client"}' }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['no token', { status: 200, body: '{}' }],
    ['a redirect', { status: 302, headers: { location: 'http://other.test/' } }],
    ['nothing', 'hang-up'],
  ])('says SOURCE_UNAVAILABLE for %s, without the secret, and asks again', async (_, answer) => {
    const { auth } = await tokens((number) => (number === 1 ? answer : token(number)));
    const error = await auth().then(
      () => null,
      (cause: Error & { readonly code?: string }) => cause,
    );
    expect(error?.code).toBe('SOURCE_UNAVAILABLE');
    expect(error?.message).not.toContain('s3cret');
    expect(await auth()).toBe('Bearer t2');
  });
});
