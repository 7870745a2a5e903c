import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type {
  EventSourceMappings,
  LambdaFunctionConfig,
  QueueMappings,
} from '#embedded/services.ts';
import type { InvocationReport } from './sandbox/sandbox.ts';

/** The functions of a Lambda service, as its control API sees them. */
export interface LambdaFunctions {
  find(nameOrArn: string): LambdaFunctionConfig | null;
  list(): readonly LambdaFunctionConfig[];
  /** Null when the service has none. */
  eventSourceMappings(): EventSourceMappings | null;
  /** Of queues; null when the service has none. */
  queueMappings(): QueueMappings | null;
  invoke(nameOrArn: string, payload: Buffer): Promise<InvocationReport>;
  /** Accepts the invocation and runs it in the background, again after an error. */
  invokeLater(nameOrArn: string, payload: Buffer): void;
}

export function functionNotFound(nameOrArn: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
}

const THROTTLED = 'TooManyRequestsException';

/** All of the function's reserved concurrency is in use. Source: Lambda API, Invoke. */
export function throttled(): AwsError {
  return new AwsError(THROTTLED, 'Rate Exceeded.', 429);
}

export function isThrottle(error: unknown): error is AwsError {
  return error instanceof AwsError && error.code === THROTTLED;
}

export function requestTooLarge(limitBytes: number): AwsError {
  return new AwsError(
    'RequestTooLargeException',
    `Request must be smaller than ${limitBytes} bytes for the InvokeFunction operation`,
    413,
  );
}
