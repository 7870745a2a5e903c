import { describe, expect, it } from 'vitest';
import { parseRouteKey, selectRoute } from '#embedded/apigateway/route-key.ts';

describe('a route key', () => {
  it('is a method and a path', () => {
    expect(parseRouteKey('POST /trade/{id}/{rest+}')).toEqual({
      method: 'POST',
      segments: [
        { kind: 'text', text: 'trade' },
        { kind: 'variable', name: 'id' },
        { kind: 'greedy', name: 'rest' },
      ],
    });
    expect(parseRouteKey('ANY /')).toEqual({ method: null, segments: [] });
  });

  it.each([
    '',
    '$default',
    'POST',
    'POST trade',
    'TRACE /x',
    'post /x',
    'GET //x',
    'GET /x/',
    'GET /{a+}/b',
    'GET /a{b}',
    'GET /{}',
  ])('is not %j', (text) => {
    expect(parseRouteKey(text)).toBeNull();
  });
});

describe('the route of a request', () => {
  const keys = [
    '$default',
    'ANY /{proxy+}',
    'GET /pets/{proxy+}',
    'GET /pets/dog/{id}',
    'GET /pets/dog/1',
    'ANY /pets/dog/1',
    'POST /{stream}/events',
    'GET /',
  ];
  const routes = keys.map((routeKey) => ({ routeKey }));
  const select = (method: string, path: string) => {
    const match = selectRoute(routes, method, path);
    return match === null ? null : [match.route.routeKey, match.pathParameters];
  };

  // The first four are the example of AWS's developer guide.
  it.each<[string, string, string, Record<string, string> | null]>([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1', null],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}', { id: '2' }],
    ['GET', '/pets/cat/1', 'GET /pets/{proxy+}', { proxy: 'cat/1' }],
    ['POST', '/test/5', 'ANY /{proxy+}', { proxy: 'test/5' }],
    ['DELETE', '/pets/dog/1', 'ANY /pets/dog/1', null],
    ['POST', '/trade/events', 'POST /{stream}/events', { stream: 'trade' }],
    ['POST', '//events', 'ANY /{proxy+}', { proxy: '/events' }],
    ['GET', '/', 'GET /', null],
    ['POST', '/', '$default', null],
  ])('%s %s is %s', (method, path, routeKey, parameters) => {
    expect(select(method, path)).toEqual([routeKey, parameters]);
  });

  it('is none when nothing matches', () => {
    const trade = [{ routeKey: 'POST /trade/events' }];
    expect(selectRoute(trade, 'GET', '/trade/events')).toBeNull();
    expect(selectRoute(trade, 'POST', '/trade/events/')).toBeNull();
    expect(selectRoute(trade, 'POST', '/trade')).toBeNull();
    expect(selectRoute([{ routeKey: 'GET /a/{b+}' }], 'GET', '/a')).toBeNull();
  });
});
