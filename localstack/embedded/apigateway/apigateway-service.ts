import { EXECUTE_API_PREFIX } from '#embedded/gateway/route-request.ts';
import type {
  ApiGatewayService,
  HttpApiRouteConfig,
  HttpApiStageConfig,
  HttpApiThrottle,
} from '#embedded/services.ts';
import { type HttpApi, type ServeApiDeps, serveApi } from './serve-api.ts';
import { createTokenBucket } from './token-bucket.ts';

export interface ApiGatewayOptions extends Omit<ServeApiDeps, 'nowMs'> {
  /** Epoch milliseconds. @default Date.now */
  readonly nowMs?: () => number;
}

/**
 * HTTP APIs (API Gateway version 2) in front of functions. Not emulated: custom domains, authorizers other than IAM,
 * CORS (a preflight finds no route), parameter mapping, integrations other than Lambda, WebSockets.
 */
export function createApiGatewayService(options: ApiGatewayOptions): ApiGatewayService {
  const nowMs = options.nowMs ?? Date.now;
  const apis = new Map<string, HttpApi>();
  const find = (apiId: string): HttpApi => {
    const api = apis.get(apiId);
    if (api === undefined) throw new Error(`ApiId: there is no API ${apiId}`);
    return api;
  };
  return {
    ensureApi: ({ id }) => {
      if (!apis.has(id)) apis.set(id, newApi(id));
    },
    ensureIntegration: (config) => void find(config.apiId).integrations.set(config.id, config),
    ensureRoute: (config) => {
      const api = find(config.apiId);
      checkRoute(api, config);
      api.routes.set(config.id, config);
    },
    ensureStage: (config) => {
      const api = find(config.apiId);
      checkStage(api, config);
      api.stage = config;
      api.buckets = new Map();
      for (const { routeKey } of api.routes.values()) {
        const throttle = throttleOf(config, routeKey);
        if (throttle !== null) api.buckets.set(routeKey, createTokenBucket(throttle, nowMs));
      }
    },
    handle: (request, response) => {
      const [apiId = '', ...rest] = (request.url ?? '').slice(EXECUTE_API_PREFIX.length).split('/');
      const [id = '', query] = apiId.split('?');
      const target = rest.length === 0 && query !== undefined ? `/?${query}` : `/${rest.join('/')}`;
      return serveApi({ ...options, nowMs }, apis.get(id) ?? null, { request, response, target });
    },
    close: async () => {},
  };
}

function newApi(id: string): HttpApi {
  return { id, integrations: new Map(), routes: new Map(), stage: null, buckets: new Map() };
}

function checkRoute(api: HttpApi, config: HttpApiRouteConfig): void {
  if (!api.integrations.has(config.integrationId)) {
    throw new Error(`Target: API ${api.id} has no integration ${config.integrationId}`);
  }
  const same = [...api.routes.values()].find(({ routeKey }) => routeKey === config.routeKey);
  if (same !== undefined && same.id !== config.id) {
    throw new Error(`RouteKey: the API has a route "${config.routeKey}" already`);
  }
}

/** As AWS refuses it: the template has to name the routes as dependencies of the stage. */
function checkStage(api: HttpApi, config: HttpApiStageConfig): void {
  const keys = new Set([...api.routes.values()].map(({ routeKey }) => routeKey));
  const missing = Object.keys(config.routeThrottles).find((key) => !keys.has(key));
  if (missing !== undefined) {
    throw new Error(
      `RouteSettings: Unable to find Route by key ${missing} within the provided RouteSettings`,
    );
  }
}

function throttleOf(config: HttpApiStageConfig, routeKey: string): HttpApiThrottle | null {
  return config.routeThrottles[routeKey] ?? config.defaultThrottle;
}
