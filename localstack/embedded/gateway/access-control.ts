import type { IncomingMessage } from 'node:http';
import type {
  AthenaService,
  DynamoDbService,
  IamService,
  Principal,
  SecretsManagerService,
  SsmService,
} from '#embedded/services.ts';
import { bucketArn } from '../assembly/local-arn.ts';
import { isIcebergRest } from '../glue/iceberg-rest-route.ts';
import { athenaCalls } from '../iam/actions/athena-calls.ts';
import { dynamoDbCalls } from '../iam/actions/dynamodb-calls.ts';
import { EVENTS_CALLS } from '../iam/actions/events-calls.ts';
import { GLUE_CALLS, icebergRestCalls } from '../iam/actions/glue-calls.ts';
import { kafkaCalls } from '../iam/actions/kafka-calls.ts';
import { KINESIS_CALLS } from '../iam/actions/kinesis-calls.ts';
import { lambdaCalls } from '../iam/actions/lambda-calls.ts';
import { s3Calls } from '../iam/actions/s3-calls.ts';
import { secretsManagerCalls, ssmCalls } from '../iam/actions/secret-calls.ts';
import type { JsonCallTable, ServiceCall } from '../iam/actions/service-call.ts';
import { SQS_CALLS } from '../iam/actions/sqs-calls.ts';
import { authenticateRequest } from '../iam/authenticate-request.ts';
import { findOperation } from '../s3/operation-table.ts';
import { S3Error } from '../s3/protocol/s3-error.ts';
import { parseS3Request, type S3Request } from '../s3/protocol/s3-request.ts';
import { accessDenied, signatureFailure } from './access-failure.ts';
import { AwsError, MAX_JSON_BODY_BYTES, parseObject, readBodyAhead } from './json-protocol.ts';
import { setMissingKeyCheck } from './missing-key-check.ts';
import type { Route, ServiceName } from './route-request.ts';
import { accessKeyIdOf } from './signing-scope.ts';
import type { GatewayFailure } from './write-failure.ts';

type ServiceRoute = Extract<Route, { readonly kind: 'service' }>;

/** Decides about requests before their service sees them. */
export interface AccessControl {
  /** Null lets the request through. A role's request to a JSON service has its body read here. */
  check(
    request: IncomingMessage,
    route: ServiceRoute,
  ): GatewayFailure | null | Promise<GatewayFailure | null>;
}

export interface AccessControlOptions {
  readonly iam: IamService;
  readonly athena: Pick<AthenaService, 'workGroupOf'>;
  /** @default there are no tables */
  readonly dynamoDb?: Pick<DynamoDbService, 'partitionKeyOf'>;
  /** @default there are no secrets */
  readonly secretsManager?: Pick<SecretsManagerService, 'find'>;
  /** @default no parameter has a key of its own */
  readonly ssm?: Pick<SsmService, 'keyOf'>;
  /** Epoch milliseconds. @default Date.now */
  readonly nowMs?: () => number;
}

/**
 * IAM for the gateway. The administrator's requests are counted and let through, at the cost of a look at their
 * headers; those of roles need a valid signature and every permission of their operation.
 */
export function createAccessControl(options: AccessControlOptions): AccessControl {
  const { iam, nowMs = Date.now } = options;
  const tables: Readonly<Partial<Record<ServiceName, JsonCallTable>>> = {
    athena: athenaCalls(options.athena),
    dynamodb: dynamoDbCalls(options.dynamoDb ?? { partitionKeyOf: () => null }),
    glue: GLUE_CALLS,
    events: EVENTS_CALLS,
    kinesis: KINESIS_CALLS,
    sqs: SQS_CALLS,
    secretsmanager: secretsManagerCalls(options.secretsManager ?? { find: () => null }),
    ssm: ssmCalls(options.ssm ?? { keyOf: () => null }),
  };
  return {
    check(request, route) {
      // Unsigned requests that reach a service at all are a person's, by hand.
      const principal = iam.principalOf(accessKeyIdOf(request) ?? '');
      if (principal?.kind === 'administrator') {
        const action = administratorAction(request, route);
        iam.authorize({ principal, action, resource: '*' });
        return null;
      }
      if (route.service === 's3') return checkS3(request, route, { iam, nowMs: nowMs() });
      const checked = checkJson(request, route, { iam, nowMs: nowMs(), tables });
      return isRestCatalog(request, route.service) ? checked.then(asForbidden) : checked;
    },
  };
}

interface Moment {
  readonly iam: IamService;
  readonly nowMs: number;
}

/** Requests on one object and nothing special about it: nearly all, so they are told by a glance. */
const PLAIN_OBJECT = /^\/[^/?]+\/[^?]+(?:\?x-id=\w+)?$/;
const PLAIN_ACTIONS: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};

/** For the journal alone. */
function administratorAction(request: IncomingMessage, { service }: ServiceRoute): string {
  if (service === 's3') {
    const isPlain =
      PLAIN_OBJECT.test(request.url ?? '') && request.headers['x-amz-copy-source'] === undefined;
    const plain = isPlain ? PLAIN_ACTIONS[request.method ?? ''] : undefined;
    if (plain !== undefined) return plain;
    const parsed = parseS3(request, Date.now());
    return (parsed === null ? null : describeS3(parsed))?.at(-1)?.action ?? 's3:*';
  }
  if (service === 'lambda') return describeLambda(request)?.[0]?.action ?? 'lambda:*';
  if (service === 'kafka') return describeKafka(request)?.[0]?.action ?? 'kafka:*';
  if (isRestCatalog(request, service)) return describeRestCatalog(request)?.[0]?.action ?? 'glue:*';
  return `${service}:${operationOf(request) ?? '*'}`;
}

async function checkJson(
  request: IncomingMessage,
  route: ServiceRoute,
  moment: Moment & { readonly tables: Readonly<Partial<Record<ServiceName, JsonCallTable>>> },
): Promise<GatewayFailure | null> {
  try {
    const body = await readBodyAhead(request, MAX_JSON_BODY_BYTES);
    const { service } = route;
    const authentication = authenticateRequest(request, body, { ...moment, service });
    if (!authentication.ok) return signatureFailure(authentication, route);
    const calls = callsOf(request, route, { body, tables: moment.tables });
    return calls === null
      ? unknownCall(operationOf(request) ?? request.url ?? '', route, {
          iam: moment.iam,
          principal: authentication.principal,
        })
      : denial(calls, route, { iam: moment.iam, principal: authentication.principal });
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

/** Null for an operation without an entry. Throws AwsError for input that the service would refuse. */
function callsOf(
  request: IncomingMessage,
  route: ServiceRoute,
  options: {
    readonly body: Buffer;
    readonly tables: Readonly<Partial<Record<ServiceName, JsonCallTable>>>;
  },
): readonly ServiceCall[] | null {
  const { service } = route;
  if (service === 'lambda') return describeLambda(request);
  if (service === 'kafka') return describeKafka(request);
  if (isRestCatalog(request, service)) return describeRestCatalog(request, options.body);
  if (service === 'sts') return [{ action: 'sts:GetCallerIdentity', resource: '*' }];
  const operation = operationOf(request) ?? '';
  const table = options.tables[service] ?? {};
  const resources = Object.hasOwn(table, operation) ? table[operation] : undefined;
  if (resources === undefined) return null;
  const action = `${service}:${operation}`;
  return resources(parseObject(options.body)).map((resource) =>
    typeof resource === 'string' ? { action, resource } : resource,
  );
}

function checkS3(
  request: IncomingMessage,
  route: ServiceRoute,
  moment: Moment,
): GatewayFailure | null {
  // S3 compares the digest that the signature covers with the body while it reads it.
  const authentication = authenticateRequest(request, null, { ...moment, service: 's3' });
  if (!authentication.ok) return signatureFailure(authentication, route);
  const parsed = parseS3(request, moment.nowMs);
  if (parsed === null) return null;
  const { principal } = authentication;
  const calls = describeS3(parsed);
  if (calls === null) {
    return unknownCall(findOperation(parsed).name, route, { iam: moment.iam, principal });
  }
  setMissingKeyCheck(request, () => {
    const listing = { action: 's3:ListBucket', resource: bucketArn(parsed.bucket ?? '') };
    const decision = moment.iam.authorize({ principal, ...listing });
    return decision.allowed ? null : decision.reason;
  });
  return denial(calls, route, { iam: moment.iam, principal });
}

/** Null for a request that S3 itself refuses as malformed. */
function parseS3(request: IncomingMessage, nowMs: number): S3Request | null {
  try {
    return parseS3Request(request, nowMs);
  } catch (error) {
    if (error instanceof S3Error) return null;
    throw error;
  }
}

/** None for a request that S3 does not serve: it says so itself. */
function describeS3(request: S3Request): readonly ServiceCall[] | null {
  try {
    return s3Calls(request);
  } catch (error) {
    if (error instanceof S3Error) return [];
    throw error;
  }
}

function describeKafka(request: IncomingMessage): readonly ServiceCall[] | null {
  return kafkaCalls(request.method ?? 'GET', (request.url ?? '/').split('?')[0] ?? '/');
}

function describeLambda(request: IncomingMessage): readonly ServiceCall[] | null {
  return lambdaCalls(request.method ?? 'GET', (request.url ?? '/').split('?')[0] ?? '/');
}

function isRestCatalog(request: IncomingMessage, service: ServiceName): boolean {
  return service === 'glue' && isIcebergRest(request.url ?? '');
}

/** Where the JSON services say 400 to whatever the client did wrong. Source: Iceberg REST catalog API, 403. */
function asForbidden(failure: GatewayFailure | null): GatewayFailure | null {
  return failure === null ? null : { ...failure, status: 403 };
}

function describeRestCatalog(
  request: IncomingMessage,
  body: Buffer = Buffer.alloc(0),
): readonly ServiceCall[] | null {
  const [path = '/'] = (request.url ?? '/').split('?');
  return icebergRestCalls(request.method ?? 'GET', path, parseObject(body));
}

function operationOf(request: IncomingMessage): string | null {
  return request.headers['x-amz-target']?.toString().split('.').at(-1) ?? null;
}

function denial(
  calls: readonly ServiceCall[],
  route: ServiceRoute,
  caller: { readonly iam: IamService; readonly principal: Principal },
): GatewayFailure | null {
  const { iam, principal } = caller;
  for (const call of calls) {
    const decision = iam.authorize({ principal, ...call });
    if (!decision.allowed) return accessDenied(decision.reason, route);
  }
  return null;
}

/** What nobody wrote down is not guessed. */
function unknownCall(
  operation: string,
  route: ServiceRoute,
  caller: { readonly iam: IamService; readonly principal: Principal },
): GatewayFailure {
  const action = `${route.service}:${operation}`;
  const { reason } = caller.iam.refuse({ principal: caller.principal, action });
  return accessDenied(reason, route);
}
