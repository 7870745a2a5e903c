/** A line of a log file: `2026-01-31T10:20:30.456Z text`. */
export interface LogLine {
  /** Null for a line of an older version, or a torn one. */
  readonly atMs: number | null;
  readonly text: string;
}

const STAMPED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.*)$/s;

export function parseLogLine(line: string): LogLine {
  const [, time, text] = STAMPED.exec(line) ?? [];
  if (time === undefined || text === undefined) return { atMs: null, text: line };
  return { atMs: Date.parse(time), text };
}

/** What a function printed, taken apart. */
export type LogEntry =
  | {
      /** Structured, as Powertools for AWS Lambda writes it. */
      readonly kind: 'record';
      readonly level: string;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
      readonly error: LoggedError | null;
    }
  /** Embedded metrics. */
  | { readonly kind: 'metrics'; readonly values: Readonly<Record<string, unknown>> }
  /** Written by the platform around an invocation. */
  | { readonly kind: 'platform'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string };

export interface LoggedError {
  readonly name: string;
  readonly message: string;
  /** Without its first line, which repeats name and message. */
  readonly stack: readonly string[];
}

const PLATFORM = /^(START|END|REPORT|INIT_START|INIT_REPORT) (RequestId|Runtime|Init)/;

export function readLogEntry(text: string): LogEntry {
  if (PLATFORM.test(text)) return { kind: 'platform', text };
  const root = text.startsWith('{') ? parseObject(text) : null;
  if (root === null) return { kind: 'text', text };
  const metrics = metricNames(root['_aws']);
  if (metrics !== null) {
    return {
      kind: 'metrics',
      values: Object.fromEntries(metrics.map((name) => [name, root[name]])),
    };
  }
  const { level, message } = root;
  if (typeof level !== 'string' || typeof message !== 'string') return { kind: 'text', text };
  return {
    kind: 'record',
    level,
    message,
    fields: fieldsOf(root),
    error: readError(root['error']),
  };
}

/** What every line of Powertools repeats, and what is shown by itself. Source: Powertools for AWS Lambda, Logger, "Key". */
const CONTEXT_KEYS = [
  'level',
  'message',
  'timestamp',
  'error',
  'service',
  'cold_start',
  'function_arn',
  'function_memory_size',
  'function_name',
  'function_request_id',
  'sampling_rate',
  'xray_trace_id',
];

function fieldsOf(root: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(root).filter(([key]) => !CONTEXT_KEYS.includes(key)));
}

function readError(value: unknown): LoggedError | null {
  if (value === null || typeof value !== 'object') return null;
  const { name, message, stack } = value as Readonly<Record<string, unknown>>;
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : '',
    stack: typeof stack === 'string' ? stack.split('\n').filter(isFrame) : [],
  };
}

function isFrame(line: string): boolean {
  return /^\s*at /.test(line);
}

function metricNames(aws: unknown): readonly string[] | null {
  const directives = (aws as { readonly CloudWatchMetrics?: unknown } | undefined)
    ?.CloudWatchMetrics;
  if (!Array.isArray(directives)) return null;
  const metrics = directives.flatMap(
    (directive: { readonly Metrics?: unknown } | null) => directive?.Metrics ?? [],
  );
  return metrics.flatMap((metric: { readonly Name?: unknown } | null) =>
    typeof metric?.Name === 'string' ? [metric.Name] : [],
  );
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}
