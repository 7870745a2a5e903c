/** `POST /trade/events`, `ANY /{proxy+}` or `$default`, taken apart. */
export interface RouteKey {
  /** Null for ANY. */
  readonly method: string | null;
  readonly segments: readonly RouteSegment[];
}

export type RouteSegment =
  | { readonly kind: 'text'; readonly text: string }
  /** `{id}`: one segment. */
  | { readonly kind: 'variable'; readonly name: string }
  /** `{proxy+}`: the rest of the path, at least one segment; the last one of a key. */
  | { readonly kind: 'greedy'; readonly name: string };

export const DEFAULT_ROUTE = '$default';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const VARIABLE = /^\{([A-Za-z0-9._-]+)(\+?)\}$/;

/**
 * Takes a route key apart; null when it is none. Not for `$default`.
 * Source: Amazon API Gateway, "Create routes for HTTP APIs".
 */
export function parseRouteKey(text: string): RouteKey | null {
  const [, method = '', path = ''] = /^([A-Z]+) \/(.*)$/.exec(text) ?? [];
  if (method !== 'ANY' && !METHODS.includes(method)) return null;
  const parts = path === '' ? [] : path.split('/');
  const segments = parts.map(parseSegment);
  const isValid = segments.every(
    (segment, index) =>
      segment !== null && (segment.kind !== 'greedy' || index === segments.length - 1),
  );
  if (!isValid) return null;
  return {
    method: method === 'ANY' ? null : method,
    segments: segments.filter((segment) => segment !== null),
  };
}

function parseSegment(text: string): RouteSegment | null {
  const [, name, plus] = VARIABLE.exec(text) ?? [];
  if (name !== undefined) return { kind: plus === '+' ? 'greedy' : 'variable', name };
  return text === '' || /[{}]/.test(text) ? null : { kind: 'text', text };
}

export interface RouteMatch<Route> {
  readonly route: Route;
  /** Values of the variables; null when the key has none. */
  readonly pathParameters: Readonly<Record<string, string>> | null;
}

/**
 * The route with the most specific key: text before variables before greedy variables, segment by segment, then its own
 * method before ANY, then `$default`. `path` is decoded. Source: Amazon API Gateway, "Routing API requests".
 */
export function selectRoute<Route extends { readonly routeKey: string }>(
  routes: Iterable<Route>,
  method: string,
  path: string,
): RouteMatch<Route> | null {
  let best: { readonly match: RouteMatch<Route>; readonly rank: string } | null = null;
  let fallback: RouteMatch<Route> | null = null;
  for (const route of routes) {
    if (route.routeKey === DEFAULT_ROUTE) fallback = { route, pathParameters: null };
    const key = parseRouteKey(route.routeKey);
    if (key === null || (key.method !== null && key.method !== method)) continue;
    const values = matchPath(key.segments, path);
    if (values === null) continue;
    const rank = rankOf(key);
    const pathParameters = values.length === 0 ? null : Object.fromEntries(values);
    if (best === null || rank < best.rank) best = { match: { route, pathParameters }, rank };
  }
  return best?.match ?? fallback;
}

const SEGMENT_RANK = { text: '0', variable: '1', greedy: '2' } as const;

/** Sorts before every less specific key that matches the same request. */
function rankOf({ method, segments }: RouteKey): string {
  return segments.map(({ kind }) => SEGMENT_RANK[kind]).join('') + (method === null ? '4' : '3');
}

/** Values of the variables, or null when the path does not match. */
function matchPath(
  segments: readonly RouteSegment[],
  path: string,
): readonly (readonly [string, string])[] | null {
  const parts = path === '/' ? [] : path.slice(1).split('/');
  const isGreedy = segments.at(-1)?.kind === 'greedy';
  if (isGreedy ? parts.length < segments.length : parts.length !== segments.length) return null;
  const values: (readonly [string, string])[] = [];
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if (segment.kind === 'text') {
      if (segment.text !== part) return null;
      continue;
    }
    const value = segment.kind === 'greedy' ? parts.slice(index).join('/') : part;
    if (value === '') return null;
    values.push([segment.name, value]);
  }
  return values;
}
