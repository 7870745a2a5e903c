import type { LambdaOutcome } from '#embedded/services.ts';

/** One accepted event. */
export interface AsyncEvent {
  readonly functionName: string;
  readonly functionArn: string;
  /** JSON. */
  readonly payload: string;
  readonly requestId: string;
  readonly acceptedMs: number;
}

/**
 * What a destination is told of an event. Source: AWS Lambda developer guide, "Capturing records of Lambda asynchronous
 * invocations".
 */
export function destinationRecord(
  event: AsyncEvent,
  end: {
    readonly condition: string;
    readonly invokeCount: number;
    readonly outcome: LambdaOutcome | null;
  },
): string {
  const { outcome } = end;
  const response =
    outcome === null
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: '$LATEST',
            ...(outcome.kind === 'error' ? { functionError: 'Unhandled' } : {}),
          },
          responsePayload: parsed(outcome.payload.toString('utf8')),
        };
  return JSON.stringify({
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: `${event.functionArn}:$LATEST`,
      condition: end.condition,
      approximateInvokeCount: end.invokeCount,
    },
    requestPayload: parsed(event.payload),
    ...response,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === '' ? null : text;
  }
}
