import type { LambdaOutcome } from '#embedded/services.ts';

/** Largest request and response of a synchronous invocation. Source: Lambda quotas; the response limit as its error names it. */
export const MAX_REQUEST_BYTES = 6_291_456;
export const MAX_RESPONSE_BYTES = 6_291_556;

export type InvocationError = Extract<LambdaOutcome, { kind: 'error' }>;

/** An error that Lambda itself reports. The messages are Lambda's. */
function platformError(
  requestId: string,
  errorType: string,
  options: { readonly errorMessage: string },
): InvocationError {
  const { errorMessage } = options;
  const payload = Buffer.from(JSON.stringify({ errorType, errorMessage }));
  return { kind: 'error', errorType, errorMessage, payload, requestId };
}

export function timedOut(requestId: string, timeoutMs: number): InvocationError {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
  return platformError(requestId, 'Sandbox.Timedout', { errorMessage });
}

export function outOfMemory(requestId: string): InvocationError {
  const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`;
  return platformError(requestId, 'Runtime.OutOfMemory', { errorMessage });
}

export function exited(
  requestId: string,
  exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null },
): InvocationError {
  const errorMessage = `RequestId: ${requestId} Error: ${describeExit(exit)}`;
  return platformError(requestId, 'Runtime.ExitError', { errorMessage });
}

/** The process could not be started at all, for instance because its folder is gone. */
export function cannotStart(requestId: string, error: unknown): InvocationError {
  const reason = error instanceof Error ? error.message : String(error);
  const errorMessage = `RequestId: ${requestId} Error: cannot start the sandbox: ${reason}`;
  return platformError(requestId, 'Runtime.InvalidEntrypoint', { errorMessage });
}

/** The local cloud ended the sandbox; Lambda has no such error. */
export function stopped(requestId: string): InvocationError {
  const errorMessage = `RequestId: ${requestId} Error: the local cloud stopped the sandbox`;
  return platformError(requestId, 'Sandbox.Stopped', { errorMessage });
}

const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGKILL: 'killed',
  SIGABRT: 'aborted',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};

function describeExit(exit: {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}): string {
  if (exit.signal !== null) {
    return `Runtime exited with error: signal: ${SIGNAL_WORDS[exit.signal] ?? exit.signal}`;
  }
  if (exit.code === 0) return 'Runtime exited without providing a reason';
  return `Runtime exited with error: exit status ${exit.code}`;
}

export function responseTooLarge(requestId: string, sizeBytes: number): InvocationError {
  return platformError(requestId, 'Function.ResponseSizeTooLarge', {
    errorMessage: `Response payload size (${sizeBytes} bytes) exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
  });
}

/** An error the runtime reported; its JSON goes to the caller unchanged. */
export function reportedError(
  requestId: string,
  payload: Buffer,
  options: { readonly errorTypeHeader: string | undefined },
): InvocationError {
  const { errorType, errorMessage } = readError(payload);
  return {
    kind: 'error',
    errorType: errorType ?? options.errorTypeHeader ?? 'Unhandled',
    errorMessage: errorMessage ?? '',
    payload,
    requestId,
  };
}

function readError(payload: Buffer): { errorType?: string; errorMessage?: string } {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch {
    return {};
  }
  if (value === null || typeof value !== 'object') return {};
  const { errorType, errorMessage } = value as Record<string, unknown>;
  return {
    errorType: typeof errorType === 'string' ? errorType : undefined,
    errorMessage: typeof errorMessage === 'string' ? errorMessage : undefined,
  };
}
