import { Aws } from 'aws-cdk-lib';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { HttpIngestConnector } from '#core/config/connector.ts';
import type { Environment } from '#core/config/project.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';

export interface HttpIngestApiProps {
  readonly environment: Environment;
  readonly domain: string;
  readonly connectors: readonly HttpIngestConnector[];
  readonly function: lambda.Function;
  /** Of the API; the log group's name ends with it. */
  readonly name: string;
}

/** Longest time that an HTTP API waits for an integration. Source: Amazon API Gateway, HTTP API quotas. */
export const INTEGRATION_TIMEOUT_MS = 30_000;

/** Who called what, how it ended and how long it took; nothing of the content. */
const ACCESS_LOG_FORMAT = JSON.stringify({
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  userArn: '$context.identity.userArn',
  routeKey: '$context.routeKey',
  status: '$context.status',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
  responseLength: '$context.responseLength',
  responseLatencyMs: '$context.responseLatency',
});

/** HTTP API with one signed, throttled route per stream. */
export class HttpIngestApi extends Construct {
  /** `https://<id>.execute-api.<region>.amazonaws.com` */
  readonly url: string;
  readonly apiId: string;

  constructor(scope: Construct, id: string, props: HttpIngestApiProps) {
    super(scope, id);
    const api = new apigatewayv2.CfnApi(this, 'Api', {
      name: props.name,
      description: `Takes in events of the ${props.domain} domain`,
      protocolType: 'HTTP',
    });
    const integration = new apigatewayv2.CfnIntegration(this, 'Integration', {
      apiId: api.ref,
      integrationType: 'AWS_PROXY',
      integrationUri: props.function.functionArn,
      payloadFormatVersion: '2.0',
      timeoutInMillis: INTEGRATION_TIMEOUT_MS,
    });
    const streams = props.connectors.flatMap((connector) =>
      connector.streams.map((name) => ({ name, throttle: connector.throttle })),
    );
    // A scope of their own gives logical ids a hash: `order_item` and `orderitem` stay apart.
    const routes = new Construct(this, 'Routes');
    const stage = this.createStage(props, {
      api,
      routeSettings: Object.fromEntries(
        streams.map(({ name, throttle }) => [
          routeKey(name),
          {
            ThrottlingRateLimit: throttle.ratePerSecond,
            ThrottlingBurstLimit: throttle.burst,
          },
        ]),
      ),
    });
    for (const { name } of streams) {
      const route = new apigatewayv2.CfnRoute(routes, name, {
        apiId: api.ref,
        routeKey: routeKey(name),
        authorizationType: 'AWS_IAM',
        target: `integrations/${integration.ref}`,
      });
      // Route settings of a stage name routes that have to exist.
      stage.addResourceDependency(route);
      new lambda.CfnPermission(routes, `${name}-permission`, {
        action: 'lambda:InvokeFunction',
        functionName: props.function.functionArn,
        principal: 'apigateway.amazonaws.com',
        sourceArn: `arn:${Aws.PARTITION}:execute-api:${Aws.REGION}:${Aws.ACCOUNT_ID}:${api.ref}/*/POST/${name}/events`,
      });
    }
    this.url = api.attrApiEndpoint;
    this.apiId = api.ref;
  }

  private createStage(
    props: HttpIngestApiProps,
    options: { readonly api: apigatewayv2.CfnApi; readonly routeSettings: unknown },
  ): apigatewayv2.CfnStage {
    const accessLog = new logs.LogGroup(this, 'AccessLog', {
      // Under this prefix log delivery needs no entry in the account's one resource policy, whose size is limited.
      logGroupName: `/aws/vendedlogs/${props.name}`,
      retention: props.environment.logRetentionDays,
      removalPolicy: dataRemovalPolicy(props.environment),
    });
    return new apigatewayv2.CfnStage(this, 'Stage', {
      apiId: options.api.ref,
      // Served at the root of the endpoint.
      stageName: '$default',
      autoDeploy: true,
      accessLogSettings: { destinationArn: accessLog.logGroupArn, format: ACCESS_LOG_FORMAT },
      routeSettings: options.routeSettings,
    });
  }
}

function routeKey(stream: string): string {
  return `POST /${stream}/events`;
}
