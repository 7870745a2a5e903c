/** Result of a synchronous invocation. */
export interface FunctionResult {
  /** What the function answered, or the error's description; JSON, as a rule. */
  readonly payload: string;
  /** The function ended with an error. */
  readonly failed: boolean;
  /** Last 4 KiB of the invocation's log. */
  readonly logTail: string;
}

/** Functions of the platform, called by hand. */
export interface FunctionInvoker {
  /** Names of all functions. Throws SOURCE_UNAVAILABLE. */
  listFunctions(): Promise<readonly string[]>;
  /**
   * Invokes once and waits for the end. Throws USAGE when the function or the event is refused, SOURCE_UNAVAILABLE when
   * the service cannot be reached or throttles: the function may or may not have run.
   */
  invoke(name: string, event: string): Promise<FunctionResult>;
}
