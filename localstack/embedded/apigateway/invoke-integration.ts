import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { IamService, LambdaService } from '#embedded/services.ts';
import { type ApiResponse, gatewayMessage, readProxyResponse } from './proxy-response.ts';

export interface IntegrationCall {
  readonly functionArn: string;
  readonly timeoutMs: number;
  /** ARN of the route that is called, for the function's resource policy. */
  readonly sourceArn: string;
  readonly event: Readonly<Record<string, unknown>>;
}

export interface IntegrationResult {
  readonly response: ApiResponse;
  /** For the access log; null when the function answered with a response. */
  readonly error: string | null;
}

export interface IntegrationDeps {
  readonly lambda: Pick<LambdaService, 'invoke'>;
  readonly iam: Pick<IamService, 'authorize'>;
}

/**
 * Calls a function for the API, if the function's policy lets it, and waits as long as the integration may take; the
 * function goes on after that. Statuses and texts are those of AWS.
 */
export async function invokeIntegration(
  deps: IntegrationDeps,
  call: IntegrationCall,
): Promise<IntegrationResult> {
  const decision = deps.iam.authorize({
    principal: { kind: 'service', service: 'apigateway.amazonaws.com' },
    action: 'lambda:InvokeFunction',
    resource: call.functionArn,
    context: { 'aws:SourceArn': call.sourceArn },
  });
  if (!decision.allowed) return internalError(decision.reason);
  const payload = Buffer.from(JSON.stringify(call.event));
  const invoked = deps.lambda
    .invoke(call.functionArn, payload)
    .then((outcome): IntegrationResult => {
      if (outcome.kind === 'error') return internalError(outcome.errorMessage);
      const response = readProxyResponse(outcome.payload);
      return response === null
        ? internalError('the function answered something that is no response')
        : { response, error: null };
    })
    .catch((error: unknown) => refusedInvocation(error));
  return withTimeout(invoked, call.timeoutMs);
}

async function withTimeout(
  invoked: Promise<IntegrationResult>,
  timeoutMs: number,
): Promise<IntegrationResult> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<IntegrationResult>((resolve) => {
    timer = setTimeout(() => resolve(unavailable('the integration timed out')), timeoutMs);
  });
  try {
    return await Promise.race([invoked, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** The function was not invoked: it does not exist, is throttled, or the event is larger than Lambda takes. */
function refusedInvocation(error: unknown): IntegrationResult {
  const message = error instanceof Error ? error.message : String(error);
  const status = error instanceof AwsError ? error.status : 500;
  if (status === 413) {
    return { response: gatewayMessage(413, 'Request Entity Too Large'), error: message };
  }
  return status === 429 ? unavailable(message) : internalError(message);
}

function internalError(error: string): IntegrationResult {
  return { response: gatewayMessage(500, 'Internal Server Error'), error };
}

function unavailable(error: string): IntegrationResult {
  return { response: gatewayMessage(503, 'Service Unavailable'), error };
}
