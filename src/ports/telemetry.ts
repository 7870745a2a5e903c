/** Structured log lines and metrics. Implementations never block and never throw. */
export interface Telemetry {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Adds to a counter of the current invocation. */
  count(metric: string, value: number): void;
}
