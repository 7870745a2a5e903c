import { connect as connectHttp2 } from 'node:http2';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type ApiGatewayOptions,
  createApiGatewayService,
} from '#embedded/apigateway/apigateway-service.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { AwsError } from '#embedded/gateway/json-protocol.ts';
import { createIamService } from '#embedded/iam/iam-service.ts';
import type {
  ApiGatewayService,
  HttpApiStageConfig,
  LambdaOutcome,
  MetricDatum,
} from '#embedded/services.ts';
import { callApi } from './call-api.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:api';
const SOURCE = 'arn:aws:execute-api:us-east-1:000000000000:api1/*/POST/trade/events';

type Answer = (event: Record<string, unknown>) => unknown;

interface Setup {
  readonly answer?: Answer;
  readonly routes?: Readonly<Record<string, 'NONE' | 'AWS_IAM'>>;
  readonly stage?: Partial<HttpApiStageConfig>;
  readonly timeoutMs?: number;
  /** Who may invoke the function. */
  readonly sourceArn?: string;
  readonly nowMs?: () => number;
}

/** An API `api1` with the routes, in front of a function that answers what `answer` returns or throws. */
async function setUp(setup: Setup = {}) {
  const { answer = () => ({ statusCode: 200, body: 'ok' }), sourceArn = SOURCE } = setup;
  const iam = createIamService();
  const events: Record<string, unknown>[] = [];
  const metrics: MetricDatum[] = [];
  const accessLog: string[] = [];
  const options: ApiGatewayOptions = {
    iam,
    lambda: {
      invoke: async (name, payload): Promise<LambdaOutcome> => {
        expect(name).toBe(FUNCTION);
        const event = JSON.parse(payload.toString()) as Record<string, unknown>;
        events.push(event);
        const value = await answer(event);
        if (value instanceof Error) throw value;
        return { kind: 'success', payload: Buffer.from(JSON.stringify(value)), requestId: 'r' };
      },
    },
    metrics: { put: (datum) => metrics.push(datum) },
    onAccessLog: (group, line) => accessLog.push(`${group} ${line}`),
    ...(setup.nowMs === undefined ? {} : { nowMs: setup.nowMs }),
  };
  const service = createApiGatewayService(options);
  iam.ensureResourcePolicy(FUNCTION, {
    name: 'api',
    document: {
      Statement: [
        {
          Effect: 'Allow',
          Action: 'lambda:InvokeFunction',
          Resource: FUNCTION,
          Principal: { Service: 'apigateway.amazonaws.com' },
          Condition: { ArnLike: { 'aws:SourceArn': sourceArn } },
        },
      ],
    },
  });
  deploy(service, setup);
  const gateway = await startGateway({
    port: 0,
    services: {},
    health: () => null,
    httpApis: service,
  });
  onTestFinished(gateway.close);
  const url = `${gateway.endpoint}/_aws/execute-api/api1`;
  return { iam, service, events, metrics, accessLog, gateway, url };
}

function deploy(service: ApiGatewayService, setup: Setup): void {
  const { routes = { 'POST /trade/events': 'AWS_IAM' }, timeoutMs = 30_000 } = setup;
  service.ensureApi({ id: 'api1', name: 'api' });
  service.ensureIntegration({ id: 'i1', apiId: 'api1', functionArn: FUNCTION, timeoutMs });
  for (const [index, [routeKey, authorization]] of Object.entries(routes).entries()) {
    const id = `r${index}`;
    service.ensureRoute({ id, apiId: 'api1', routeKey, authorization, integrationId: 'i1' });
  }
  service.ensureStage({
    apiId: 'api1',
    name: '$default',
    defaultThrottle: null,
    routeThrottles: {},
    accessLog: null,
    ...setup.stage,
  });
}

const POST = { method: 'POST', path: '/trade/events', body: '{}' } as const;
const OPEN: Setup = {
  routes: { 'ANY /{proxy+}': 'NONE' },
  sourceArn: 'arn:aws:execute-api:us-east-1:000000000000:api1/*',
};

describe('an HTTP API', () => {
  it('hands a signed request to the function and its answer to the client', async () => {
    const { url, events } = await setUp({
      answer: () => ({ statusCode: 202, headers: { 'X-One': '1' }, cookies: ['a=b'], body: '[]' }),
    });
    const answer = await callApi(url, {
      ...POST,
      path: '/trade/events?x=a%20b',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer).toMatchObject({
      status: 202,
      headers: { 'x-one': '1', 'set-cookie': ['a=b'], 'apigw-requestid': expect.any(String) },
      text: '[]',
    });
    expect(events).toMatchObject([
      {
        routeKey: 'POST /trade/events',
        rawPath: '/trade/events',
        rawQueryString: 'x=a%20b',
        queryStringParameters: { x: 'a b' },
        body: '{}',
        isBase64Encoded: false,
        requestContext: {
          apiId: 'api1',
          requestId: answer.headers['apigw-requestid'],
          authorizer: { iam: { accessKey: 'test', userArn: 'arn:aws:iam::000000000000:root' } },
          http: { method: 'POST', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
        },
      },
    ]);
  });

  it('speaks HTTP/2', async () => {
    const { gateway, events } = await setUp(OPEN);
    const session = connectHttp2(gateway.endpoint);
    onTestFinished(() => session.close());
    const status = await new Promise((resolve, reject) => {
      const path = '/_aws/execute-api/api1/x';
      const stream = session.request({ ':method': 'POST', ':path': path });
      stream.on('response', (headers) => resolve(headers[':status']));
      stream.on('error', reject);
      stream.end('{}');
    });
    expect(status).toBe(200);
    expect(events).toMatchObject([
      {
        rawPath: '/x',
        headers: { host: expect.stringMatching(/^127\.0\.0\.1:/) },
        requestContext: { http: { protocol: 'HTTP/2.0' } },
      },
    ]);
  });

  it('decodes the path', async () => {
    const { url, events } = await setUp(OPEN);
    await callApi(url, { path: '/a%20b/%C3%A9', signing: null });
    expect(events).toMatchObject([{ rawPath: '/a b/é', pathParameters: { proxy: 'a b/é' } }]);
  });

  it.each([
    ['a path that is not encoded properly', { path: '/%E0%A4%A' }, 400, 'Bad Request'],
    ['no route', { path: '/quote/events' }, 404, 'Not Found'],
    ['another method', { path: '/trade/events' }, 404, 'Not Found'],
    ['a preflight', { method: 'OPTIONS', path: '/trade/events' }, 404, 'Not Found'],
    ['no signature', { ...POST, signing: null }, 403, 'Forbidden'],
    ['a wrong secret', { ...POST, signing: { secretAccessKey: 'x' } }, 403, 'Forbidden'],
    ['another service', { ...POST, signing: { service: 'kinesis' } }, 403, 'Forbidden'],
    ['another region', { ...POST, signing: { region: 'eu-west-1' } }, 403, 'Forbidden'],
    ['an old signature', { ...POST, signing: { atMs: Date.now() - 600_000 } }, 403, 'Forbidden'],
    ['a forged body', { ...POST, forgedBody: '{"a":1}' }, 403, 'Forbidden'],
    [
      'an unknown key',
      { ...POST, signing: { accessKeyId: 'ASIAUNKNOWNUNKNOWN00' } },
      403,
      'Forbidden',
    ],
  ])('refuses %s', async (_what, call, status, message) => {
    const { url, events } = await setUp();
    const answer = await callApi(url, call);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([status, { message }]);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(events).toEqual([]);
  });

  it('refuses a role that may not invoke it, and takes one that may', async () => {
    const { url, iam } = await setUp();
    const roleArn = 'arn:aws:iam::000000000000:role/client';
    const trust = { Statement: [] };
    iam.ensureRole({ name: 'client', arn: roleArn, trust, policies: [] });
    const signing = iam.issueCredentials(roleArn, 'me');
    expect((await callApi(url, { ...POST, signing })).status).toBe(403);
    iam.ensureRolePolicy('client', {
      name: 'invoke',
      document: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'execute-api:Invoke',
            Resource: 'arn:aws:execute-api:us-east-1:*:api1/*/POST/trade/events',
          },
        ],
      },
    });
    expect((await callApi(url, { ...POST, signing })).status).toBe(200);
    const withoutToken = { ...signing, sessionToken: undefined };
    expect((await callApi(url, { ...POST, signing: withoutToken })).status).toBe(403);
  });

  it('answers 404 for an API that does not exist', async () => {
    const { gateway } = await setUp();
    const answer = await callApi(`${gateway.endpoint}/_aws/execute-api/none`, POST);
    expect([answer.status, answer.text]).toEqual([404, '{"message":"Not Found"}']);
  });

  it('refuses bodies beyond 10 MB, and keeps the connection usable', async () => {
    const { url, events } = await setUp(OPEN);
    const large = await callApi(url, {
      ...POST,
      body: Buffer.alloc(10 * 1024 * 1024 + 1),
      signing: null,
    });
    expect([large.status, large.text]).toEqual([413, '{"message":"Request Entity Too Large"}']);
    const chunked = await callApi(url, {
      ...POST,
      headers: { 'transfer-encoding': 'chunked' },
      body: Buffer.alloc(10 * 1024 * 1024 + 1),
      signing: null,
    });
    expect(chunked.status).toBe(413);
    expect((await callApi(url, { ...POST, signing: null })).status).toBe(200);
    expect(events).toHaveLength(1);
  });

  it('throttles each route by itself', async () => {
    let now = 0;
    const { url } = await setUp({
      ...OPEN,
      routes: { 'POST /trade/events': 'NONE', 'POST /quote/events': 'NONE' },
      stage: { routeThrottles: { 'POST /trade/events': { ratePerSecond: 1, burst: 2 } } },
      nowMs: () => now,
    });
    const post = async (path: string) =>
      (await callApi(url, { ...POST, path, signing: null })).status;
    const trade = async () => post('/trade/events');
    expect([await trade(), await trade(), await trade()]).toEqual([200, 200, 429]);
    expect(await post('/quote/events')).toBe(200);
    now += 1_000;
    expect([await trade(), await trade()]).toEqual([200, 429]);
  });

  it('throttles with the default of its stage', async () => {
    const { url } = await setUp({
      ...OPEN,
      stage: { defaultThrottle: { ratePerSecond: 1, burst: 1 } },
      nowMs: () => 0,
    });
    await callApi(url, { ...POST, signing: null });
    const answer = await callApi(url, { ...POST, signing: null });
    expect([answer.status, answer.text]).toEqual([429, '{"message":"Too Many Requests"}']);
  });

  it('answers 503 when the function takes too long', async () => {
    const { url } = await setUp({
      ...OPEN,
      timeoutMs: 50,
      answer: () => new Promise((resolve) => setTimeout(resolve, 400)),
    });
    const answer = await callApi(url, { ...POST, signing: null });
    expect([answer.status, answer.text]).toEqual([503, '{"message":"Service Unavailable"}']);
  });

  it.each<[string, Answer, number]>([
    ['an answer that is no response', () => ({ statusCode: 'x' }), 500],
    ['a function that is throttled', () => new AwsError('TooManyRequestsException', 'x', 429), 503],
    [
      'an event larger than Lambda takes',
      () => new AwsError('RequestTooLargeException', 'x', 413),
      413,
    ],
    [
      'a function that does not exist',
      () => new AwsError('ResourceNotFoundException', 'x', 404),
      500,
    ],
  ])('turns %s into a status', async (_what, answer, status) => {
    const { url } = await setUp({ ...OPEN, answer });
    expect((await callApi(url, { ...POST, signing: null })).status).toBe(status);
  });

  it('answers 500 when the function’s policy names another route', async () => {
    const { url, events } = await setUp({ sourceArn: SOURCE.replace('trade', 'quote') });
    const answer = await callApi(url, POST);
    expect([answer.status, answer.text]).toEqual([500, '{"message":"Internal Server Error"}']);
    expect(events).toEqual([]);
  });

  it('writes an access log and measures requests', async () => {
    const { url, accessLog, metrics } = await setUp({
      stage: {
        accessLog: {
          logGroup: '/aws/vendedlogs/api',
          format:
            '$context.routeKey $context.status $context.identity.userArn $context.error.message',
        },
      },
    });
    await callApi(url, POST);
    await callApi(url, { ...POST, signing: null });
    await callApi(url, { ...POST, path: '/nowhere' });
    expect(accessLog).toEqual([
      '/aws/vendedlogs/api POST /trade/events 200 arn:aws:iam::000000000000:root -',
      '/aws/vendedlogs/api POST /trade/events 403 - Forbidden',
      '/aws/vendedlogs/api - 404 - Not Found',
    ]);
    const sums = (name: string) =>
      metrics
        .filter((datum) => datum.name === name && datum.dimensions['Stage'] === undefined)
        .map(({ value, dimensions }) => [value, dimensions]);
    expect(sums('4xx')).toEqual([0, 1, 1].map((value) => [value, { ApiId: 'api1' }]));
    expect(sums('5xx').map(([value]) => value)).toEqual([0, 0, 0]);
    expect(sums('IntegrationLatency')).toHaveLength(1);
  });

  it('counts in the journal who invoked what', async () => {
    const { url, iam } = await setUp();
    await callApi(url, POST);
    expect(
      iam.journal().map(({ principal, action, allowed }) => [principal, action, allowed]),
    ).toEqual([
      ['administrator', 'execute-api:Invoke', true],
      ['apigateway.amazonaws.com', 'lambda:InvokeFunction', true],
    ]);
  });
});

describe('the deployment of an HTTP API', () => {
  it('needs the routes that the stage throttles', async () => {
    const stage = { routeThrottles: { 'POST /quote/events': { ratePerSecond: 1, burst: 1 } } };
    await expect(setUp({ stage })).rejects.toThrow(
      'Unable to find Route by key POST /quote/events within the provided RouteSettings',
    );
  });

  it('has every route once, with an integration that exists', async () => {
    const { service } = await setUp();
    const route = { apiId: 'api1', routeKey: 'POST /trade/events', authorization: 'NONE' } as const;
    expect(() => service.ensureRoute({ ...route, id: 'other', integrationId: 'i1' })).toThrow(
      'the API has a route "POST /trade/events" already',
    );
    expect(() => service.ensureRoute({ ...route, id: 'r0', integrationId: 'i2' })).toThrow(
      'has no integration i2',
    );
    expect(() =>
      service.ensureRoute({ ...route, id: 'r0', apiId: 'x', integrationId: 'i1' }),
    ).toThrow('there is no API x');
  });
});
