import { describe, expect, it } from 'vitest';
import { deployAssembly } from '#embedded/assembly/deploy-assembly.ts';
import { oneStack, recordingServices, temporaryFolder } from '../assembly-fixture.ts';

type Properties = Readonly<Record<string, unknown>>;

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:api';
const LOG_GROUP = 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/api:*';

const API = { Name: 'api', ProtocolType: 'HTTP', Tags: { 'sluice:domain': 'market' } };
const INTEGRATION = {
  ApiId: { Ref: 'Api' },
  IntegrationType: 'AWS_PROXY',
  IntegrationUri: FUNCTION,
  PayloadFormatVersion: '2.0',
};
const ROUTE = {
  ApiId: { Ref: 'Api' },
  RouteKey: 'POST /trade/events',
  AuthorizationType: 'AWS_IAM',
  Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
};
const STAGE = {
  ApiId: { Ref: 'Api' },
  StageName: '$default',
  AutoDeploy: true,
  AccessLogSettings: { DestinationArn: LOG_GROUP, Format: '$context.status' },
  RouteSettings: {
    'POST /trade/events': { ThrottlingRateLimit: 1.5, ThrottlingBurstLimit: 200 },
  },
};

async function deploy(
  changes: {
    readonly api?: Properties;
    readonly integration?: Properties;
    readonly route?: Properties;
    readonly stage?: Properties;
  } = {},
) {
  const folder = temporaryFolder();
  const { services, calls } = recordingServices();
  const resource = (type: string, properties: Properties, more: Properties = {}) => ({
    Type: `AWS::ApiGatewayV2::${type}`,
    Properties: properties,
    ...more,
  });
  const assembly = oneStack(
    {
      Stage: resource('Stage', { ...STAGE, ...changes.stage }, { DependsOn: ['Route'] }),
      Route: resource('Route', { ...ROUTE, ...changes.route }),
      Integration: resource('Integration', { ...INTEGRATION, ...changes.integration }),
      Api: resource('Api', { ...API, ...changes.api }),
    },
    { Outputs: { Url: { Value: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] } } } },
  );
  try {
    const deployment = await deployAssembly(assembly, services, {
      stateDir: folder.path,
      endpoint: 'http://127.0.0.1:4566',
      log: () => {},
    });
    return { calls, outputs: Object.values(deployment.outputs)[0] };
  } finally {
    folder.remove();
  }
}

describe('the resources of an HTTP API', () => {
  it('are created in the order that AWS needs, with the same ids at every start', async () => {
    const first = await deploy();
    const second = await deploy();
    expect(second).toEqual(first);
    const [, api] = first.calls[0] as readonly [string, { readonly id: string }];
    expect(api.id).toMatch(/^[a-z0-9]{10}$/);
    const id = expect.stringMatching(/^[a-z0-9]{7}$/);
    expect(first.calls).toEqual([
      ['api', { id: api.id, name: 'api' }],
      ['integration', { id, apiId: api.id, functionArn: FUNCTION, timeoutMs: 30_000 }],
      [
        'route',
        {
          id,
          apiId: api.id,
          routeKey: 'POST /trade/events',
          authorization: 'AWS_IAM',
          integrationId: id,
        },
      ],
      [
        'stage',
        {
          apiId: api.id,
          name: '$default',
          defaultThrottle: null,
          routeThrottles: { 'POST /trade/events': { ratePerSecond: 1.5, burst: 200 } },
          accessLog: { logGroup: '/aws/vendedlogs/api', format: '$context.status' },
        },
      ],
    ]);
    expect(first.outputs).toEqual({
      Url: `http://127.0.0.1:4566/_aws/execute-api/${api.id}`,
    });
  });

  it.each<[string, Parameters<typeof deploy>[0], string]>([
    [
      'CORS',
      { api: { CorsConfiguration: { AllowOrigins: ['*'] } } },
      'Api.CorsConfiguration: the local cloud does not emulate this property',
    ],
    [
      'WebSockets',
      { api: { ProtocolType: 'WEBSOCKET' } },
      'Api.ProtocolType: expected "HTTP", got "WEBSOCKET"',
    ],
    [
      'an HTTP integration',
      { integration: { IntegrationType: 'HTTP_PROXY' } },
      'Integration.IntegrationType: expected "AWS_PROXY"',
    ],
    [
      'payload format 1.0',
      { integration: { PayloadFormatVersion: '1.0' } },
      'Integration.PayloadFormatVersion: expected "2.0"',
    ],
    [
      'parameter mapping',
      { integration: { RequestParameters: {} } },
      'Integration.RequestParameters: the local cloud does not emulate this property',
    ],
    [
      'something that is no function',
      { integration: { IntegrationUri: 'https://x' } },
      'Integration.IntegrationUri: expected the ARN of a function',
    ],
    [
      'a wait beyond 30 seconds',
      { integration: { TimeoutInMillis: 30_001 } },
      'Integration.TimeoutInMillis',
    ],
    ['a JWT authorizer', { route: { AuthorizationType: 'JWT' } }, 'Route.AuthorizationType'],
    [
      'an API key',
      { route: { ApiKeyRequired: true } },
      'Route.ApiKeyRequired: the local cloud does not emulate this property',
    ],
    [
      'a key that is none',
      { route: { RouteKey: 'POST trade' } },
      'Route.RouteKey: expected a method and a path',
    ],
    ['a named stage', { stage: { StageName: 'prod' } }, 'Stage.StageName: expected "$default"'],
    ['a stage without deployment', { stage: { AutoDeploy: false } }, 'Stage.AutoDeploy'],
    [
      'a variable of the log it does not know',
      {
        stage: {
          AccessLogSettings: {
            DestinationArn: LOG_GROUP,
            Format: '$context.authorizer.claims.sub',
          },
        },
      },
      'Stage.AccessLogSettings.Format: the local cloud does not know the variable $context.authorizer.claims.sub',
    ],
    [
      'half a throttle',
      { stage: { DefaultRouteSettings: { ThrottlingRateLimit: 1 } } },
      'Stage.DefaultRouteSettings: expected a rate and a burst limit, got one of them',
    ],
    [
      'a setting it does not know',
      { stage: { RouteSettings: { 'POST /trade/events': { LoggingLevel: 'INFO' } } } },
      'LoggingLevel: the local cloud does not emulate this property',
    ],
  ])('are refused with %s', async (_what, changes, message) => {
    await expect(deploy(changes)).rejects.toThrow(message);
  });
});
