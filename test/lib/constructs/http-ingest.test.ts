import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { Domain } from '#core/config/project.ts';
import { MARKET, marketDeployment, PROD_ENVIRONMENT } from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

const DOMAIN: Domain = {
  ...MARKET,
  connectors: [
    {
      name: 'api',
      kind: 'http-ingest',
      streams: ['trade'],
      throttle: { ratePerSecond: 100, burst: 200 },
      maxBodyBytes: 1_000_000,
      maxEvents: 500,
    },
    {
      name: 'partner',
      kind: 'http-ingest',
      streams: ['quote'],
      throttle: { ratePerSecond: 0.5, burst: 1 },
      maxBodyBytes: 1_000_000,
      maxEvents: 500,
    },
  ],
};

const { processing } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT, { domain: DOMAIN }));
const NAME = 'sluice-prod-market-http-ingest';

/** Policy name to actions and resource. */
function policiesOfFunction(): Readonly<Record<string, readonly [unknown, unknown]>> {
  const roles = processing.findResources('AWS::IAM::Role', {
    Properties: { Description: 'Execution role of the http-ingest connectors of market' },
  });
  const [role] = Object.values(roles);
  const policies = role?.['Properties'].Policies as {
    readonly PolicyName: string;
    readonly PolicyDocument: { readonly Statement: { Action: unknown; Resource: unknown }[] };
  }[];
  return Object.fromEntries(
    policies.map(({ PolicyName, PolicyDocument }) => {
      const [statement] = PolicyDocument.Statement;
      expect(PolicyDocument.Statement).toHaveLength(1);
      return [PolicyName, [statement?.Action, statement?.Resource]];
    }),
  );
}

describe('the ingestion API of a domain', () => {
  it('is not there without a connector', () => {
    const { processing: without } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT));
    without.resourceCountIs('AWS::ApiGatewayV2::Api', 0);
    expect(without.findOutputs('IngestApiUrl')).toEqual({});
  });

  it('has one signed route per stream', () => {
    processing.resourceCountIs('AWS::ApiGatewayV2::Api', 1);
    const routes = Object.values(processing.findResources('AWS::ApiGatewayV2::Route'));
    expect(
      routes.map(({ Properties }) => [Properties.RouteKey, Properties.AuthorizationType]).sort(),
    ).toEqual([
      ['POST /quote/events', 'AWS_IAM'],
      ['POST /trade/events', 'AWS_IAM'],
    ]);
    processing.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationType: 'AWS_PROXY',
      PayloadFormatVersion: '2.0',
      TimeoutInMillis: 30_000,
    });
  });

  it('throttles each route, and logs each request without its content', () => {
    processing.hasResource('AWS::ApiGatewayV2::Stage', {
      Properties: {
        StageName: '$default',
        AutoDeploy: true,
        RouteSettings: {
          'POST /trade/events': { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
          'POST /quote/events': { ThrottlingRateLimit: 0.5, ThrottlingBurstLimit: 1 },
        },
        AccessLogSettings: {
          DestinationArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('AccessLog'), 'Arn'] },
          Format: Match.stringLikeRegexp('context.requestId'),
        },
      },
      // Route settings of routes that do not exist yet are an error in AWS.
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('Routestrade')]),
    });
    processing.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: `/aws/vendedlogs/${NAME}`,
      RetentionInDays: 90,
    });
  });

  it('may invoke the function from its own routes only', () => {
    const permissions = Object.values(processing.findResources('AWS::Lambda::Permission'));
    const sources = permissions.map(({ Properties }) => {
      expect(Properties.Principal).toBe('apigateway.amazonaws.com');
      expect(Properties.Action).toBe('lambda:InvokeFunction');
      return Properties.SourceArn['Fn::Join'][1] as unknown[];
    });
    expect(sources.map((parts) => parts.at(-1)).sort()).toEqual([
      '/*/POST/quote/events',
      '/*/POST/trade/events',
    ]);
    const [apiId] = Object.keys(processing.findResources('AWS::ApiGatewayV2::Api'));
    for (const parts of sources) expect(parts.at(-2)).toEqual({ Ref: apiId });
  });

  it('runs a function that ends before the API stops waiting', () => {
    processing.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: NAME,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 1024,
      Timeout: 29,
      Environment: {
        Variables: {
          RECEIPTS_TABLE: { 'Fn::ImportValue': Match.stringLikeRegexp('RefReceipts') },
          POWERTOOLS_SERVICE_NAME: NAME,
          POWERTOOLS_METRICS_NAMESPACE: 'Sluice',
          POWERTOOLS_LOG_LEVEL: 'INFO',
        },
      },
    });
  });

  it('may put to its own stream, write receipts and log, and nothing else', () => {
    expect(policiesOfFunction()).toEqual({
      WriteStream: [
        ['kinesis:ListShards', 'kinesis:PutRecords'],
        { 'Fn::ImportValue': expect.stringMatching(/market-ingestion.*GetAttStream/) },
      ],
      WriteReceipts: [
        'dynamodb:UpdateItem',
        { 'Fn::ImportValue': expect.stringMatching(/storage.*GetAttReceipts/) },
      ],
      WriteLogs: [
        ['logs:CreateLogStream', 'logs:PutLogEvents'],
        { 'Fn::GetAtt': [expect.stringMatching(/^HttpIngestFunctionLogs/), 'Arn'] },
      ],
    });
  });

  it('tells its address', () => {
    processing.hasOutput('IngestApiUrl', {
      Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^HttpIngestHttpApi'), 'ApiEndpoint'] },
    });
  });
});
