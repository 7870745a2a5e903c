/** What is known of a request once it is answered; null and undefined are shown as `-`. */
export interface AccessLogEntry {
  readonly requestId: string;
  readonly requestTimeEpoch: number;
  readonly requestTime: string;
  readonly httpMethod: string;
  readonly path: string;
  readonly routeKey: string | null;
  readonly stage: string;
  readonly protocol: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly userArn: string | null;
  readonly status: number;
  readonly responseLength: number;
  readonly responseLatency: number;
  readonly integrationLatency: number | null;
  readonly integrationErrorMessage: string | null;
  readonly errorMessage: string | null;
}

type Reader = (entry: AccessLogEntry) => string | number | null;

/** Source: Amazon API Gateway, "Customize HTTP API access logs". */
const VARIABLES: Readonly<Record<string, Reader>> = {
  requestId: (entry) => entry.requestId,
  requestTime: (entry) => entry.requestTime,
  requestTimeEpoch: (entry) => entry.requestTimeEpoch,
  httpMethod: (entry) => entry.httpMethod,
  path: (entry) => entry.path,
  routeKey: (entry) => entry.routeKey,
  stage: (entry) => entry.stage,
  protocol: (entry) => entry.protocol,
  'identity.sourceIp': (entry) => entry.sourceIp,
  'identity.userAgent': (entry) => entry.userAgent,
  'identity.userArn': (entry) => entry.userArn,
  status: (entry) => entry.status,
  responseLength: (entry) => entry.responseLength,
  responseLatency: (entry) => entry.responseLatency,
  integrationLatency: (entry) => entry.integrationLatency,
  integrationErrorMessage: (entry) => entry.integrationErrorMessage,
  'error.message': (entry) => entry.errorMessage,
};

const VARIABLE = /\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)/g;

/** Variables of a format that are not known here. */
export function unknownVariables(format: string): readonly string[] {
  return [...format.matchAll(VARIABLE)].flatMap(([variable, name = '']) =>
    Object.hasOwn(VARIABLES, name) ? [] : [variable],
  );
}

/** One line; values are escaped as in a JSON string, since they come from outside. */
export function formatAccessLog(format: string, entry: AccessLogEntry): string {
  return format.replace(VARIABLE, (_variable, name: string) => {
    const value = VARIABLES[name]?.(entry) ?? '-';
    return JSON.stringify(String(value)).slice(1, -1);
  });
}
