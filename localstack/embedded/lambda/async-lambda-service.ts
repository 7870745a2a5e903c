/** Properties of AWS::Lambda::EventInvokeConfig, resolved. */
export interface EventInvokeConfig {
  readonly functionName: string;
  readonly maxRetryAttempts: number;
  readonly maxEventAgeSeconds: number;
  /** ARNs of queues; null for none. */
  readonly onSuccessQueue: string | null;
  readonly onFailureQueue: string | null;
}

/** Asynchronous invocations of the functions of this process. */
export interface AsyncLambdaService {
  ensureEventInvokeConfig(config: EventInvokeConfig): void;
  /** Goes on with events that an earlier process accepted; called once everything is deployed. */
  resume(): void;
}
