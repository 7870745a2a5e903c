import { createHash } from 'node:crypto';
import { z } from 'zod';
import { unknownVariables } from '../../apigateway/access-log.ts';
import { DEFAULT_ROUTE, parseRouteKey } from '../../apigateway/route-key.ts';
import { EXECUTE_API_PREFIX } from '../../gateway/route-request.ts';
import type { HttpApiThrottle } from '../../services.ts';
import {
  defineResourceType,
  type PropertyProblem,
  type ResourcePlace,
  type ResourceType,
} from '../resource-type.ts';

/** Unlike everywhere else a mapping. */
const tags = z.record(z.string(), z.string()).optional();

const api = z.strictObject({
  Name: z.string().min(1).max(128),
  Description: z.string().optional(),
  ProtocolType: z.literal('HTTP'),
  Tags: tags,
});

const FUNCTION_ARN = /^arn:aws:lambda:[^:]+:\d{12}:function:[^:]+$/;

/** Source of defaults and ranges: AWS CloudFormation, AWS::ApiGatewayV2::Integration. */
const integration = z.strictObject({
  ApiId: z.string(),
  Description: z.string().optional(),
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string().regex(FUNCTION_ARN, { error: () => 'expected the ARN of a function' }),
  IntegrationMethod: z.literal('POST').optional(),
  ConnectionType: z.literal('INTERNET').optional(),
  PayloadFormatVersion: z.literal('2.0'),
  TimeoutInMillis: z.int().min(50).max(30_000).default(30_000),
});

const TARGET = /^integrations\/(.+)$/;

const route = z.strictObject({
  ApiId: z.string(),
  RouteKey: z.string().refine((key) => key === DEFAULT_ROUTE || parseRouteKey(key) !== null, {
    error: () => 'expected a method and a path such as POST /orders/{id}, or $default',
  }),
  AuthorizationType: z.enum(['NONE', 'AWS_IAM']).default('NONE'),
  OperationName: z.string().optional(),
  Target: z.string().regex(TARGET, { error: () => 'expected integrations/<id>' }),
});

const routeSettings = z.strictObject({
  ThrottlingRateLimit: z.number().min(0).optional(),
  ThrottlingBurstLimit: z.int().min(0).optional(),
  // Accepted without effect: there are no metrics per route.
  DetailedMetricsEnabled: z.boolean().optional(),
});

const LOG_GROUP_ARN = /^arn:aws:logs:[^:]+:\d{12}:log-group:([^:]+)(?::\*)?$/;

/** Without automatic deployment a stage needs AWS::ApiGatewayV2::Deployment, which is not emulated. */
const stage = z.strictObject({
  ApiId: z.string(),
  StageName: z.literal('$default'),
  AutoDeploy: z.literal(true),
  Description: z.string().optional(),
  AccessLogSettings: z
    .strictObject({
      DestinationArn: z
        .string()
        .regex(LOG_GROUP_ARN, { error: () => 'expected the ARN of a log group' }),
      Format: z.string().min(1),
    })
    .optional(),
  DefaultRouteSettings: routeSettings.optional(),
  RouteSettings: z.record(z.string(), routeSettings).optional(),
  Tags: tags,
});
type Stage = z.infer<typeof stage>;

/** Ids as AWS makes them, but the same at every start: clients keep the address. */
function apiGatewayId(place: ResourcePlace, length: number): string {
  const hash = createHash('sha256').update(`${place.stack}/${place.logicalId}`).digest('hex');
  return BigInt(`0x${hash}`).toString(36).slice(0, length);
}

/** Null when the settings do not throttle. */
function throttleOf(settings: z.infer<typeof routeSettings> | undefined): HttpApiThrottle | null {
  const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = settings ?? {};
  return rate === undefined || burst === undefined ? null : { ratePerSecond: rate, burst };
}

function checkStage(properties: Stage): PropertyProblem[] {
  const all = Object.entries(properties.RouteSettings ?? {}).map(
    ([key, settings]) => [['RouteSettings', key], settings] as const,
  );
  const defaults = [['DefaultRouteSettings'], properties.DefaultRouteSettings ?? {}] as const;
  const halves = [...all, defaults].filter(([, settings]) => {
    const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = settings;
    return (rate === undefined) !== (burst === undefined);
  });
  const format = properties.AccessLogSettings?.Format ?? '';
  return [
    ...halves.map(
      ([path]): PropertyProblem => ({
        about: 'value',
        path,
        message: 'expected a rate and a burst limit, got one of them',
      }),
    ),
    ...unknownVariables(format).map(
      (variable): PropertyProblem => ({
        about: 'value',
        path: ['AccessLogSettings', 'Format'],
        message: `the local cloud does not know the variable ${variable}`,
      }),
    ),
  ];
}

export const APIGATEWAY_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::ApiGatewayV2::Api': defineResourceType({
    properties: api,
    identify(_properties, place) {
      const id = apiGatewayId(place, 10);
      return {
        ref: id,
        attributes: { ApiId: id, ApiEndpoint: `${place.endpoint}${EXECUTE_API_PREFIX}${id}` },
      };
    },
    ensure(properties, { services, identity }) {
      services.apiGateway.ensureApi({ id: identity.ref, name: properties.Name });
    },
  }),
  'AWS::ApiGatewayV2::Integration': defineResourceType({
    properties: integration,
    identify: (_properties, place) => ({ ref: apiGatewayId(place, 7), attributes: {} }),
    ensure(properties, { services, identity }) {
      services.apiGateway.ensureIntegration({
        id: identity.ref,
        apiId: properties.ApiId,
        functionArn: properties.IntegrationUri,
        timeoutMs: properties.TimeoutInMillis,
      });
    },
  }),
  'AWS::ApiGatewayV2::Route': defineResourceType({
    properties: route,
    identify: (_properties, place) => ({ ref: apiGatewayId(place, 7), attributes: {} }),
    ensure(properties, { services, identity }) {
      services.apiGateway.ensureRoute({
        id: identity.ref,
        apiId: properties.ApiId,
        routeKey: properties.RouteKey,
        authorization: properties.AuthorizationType,
        integrationId: TARGET.exec(properties.Target)?.[1] ?? '',
      });
    },
  }),
  'AWS::ApiGatewayV2::Stage': defineResourceType({
    properties: stage,
    identify: (properties) => ({ ref: properties.StageName, attributes: {} }),
    check: checkStage,
    ensure(properties, { services }) {
      const { AccessLogSettings: log, RouteSettings = {} } = properties;
      const throttles = Object.entries(RouteSettings).flatMap(([key, settings]) => {
        const throttle = throttleOf(settings);
        return throttle === null ? [] : [[key, throttle] as const];
      });
      services.apiGateway.ensureStage({
        apiId: properties.ApiId,
        name: properties.StageName,
        defaultThrottle: throttleOf(properties.DefaultRouteSettings),
        routeThrottles: Object.fromEntries(throttles),
        accessLog:
          log === undefined
            ? null
            : { logGroup: LOG_GROUP_ARN.exec(log.DestinationArn)?.[1] ?? '', format: log.Format },
      });
    },
  }),
};
