/**
 * The closed table of error codes. `retryable` tells a caller whether the same call may succeed
 * when it is repeated unchanged; COMMIT_STATE_UNKNOWN is not retryable because the first attempt
 * may have succeeded: look before you repeat.
 */
export const ERROR_CODES = {
  CONFIG_INVALID: { retryable: false, meaning: 'a configuration file does not validate' },
  EXPRESSION_INVALID: { retryable: false, meaning: 'an expression does not parse or type-check' },
  EXPRESSION_FAILED: { retryable: false, meaning: 'an expression cannot be evaluated for one row' },
  SCHEMA_INCOMPATIBLE: {
    retryable: false,
    meaning: 'a schema change breaks a reader or a table, or a value does not fit its field',
  },
  SCHEMA_UNKNOWN: {
    retryable: false,
    meaning: 'a record names a schema version nobody registered',
  },
  FORMAT_CORRUPT: { retryable: false, meaning: 'bytes do not follow their format' },
  FEATURE_UNSUPPORTED: { retryable: false, meaning: 'valid input that this version cannot handle' },
  OBJECT_NOT_FOUND: { retryable: false, meaning: 'an object store key does not exist' },
  OBJECT_EXISTS: { retryable: false, meaning: 'a conditional write found the key taken' },
  TABLE_NOT_FOUND: { retryable: false, meaning: 'the catalog has no such table' },
  TABLE_EXISTS: { retryable: false, meaning: 'the catalog already has such a table' },
  TABLE_INVALID: { retryable: false, meaning: 'table metadata breaks the Iceberg specification' },
  COMMIT_CONFLICT: { retryable: true, meaning: 'another writer committed first' },
  COMMIT_STATE_UNKNOWN: { retryable: false, meaning: 'a commit may or may not have happened' },
  SOURCE_UNAVAILABLE: { retryable: true, meaning: 'a service cannot be reached or throttles' },
  SECRET_NOT_FOUND: {
    retryable: false,
    meaning: 'a secret is not configured, or its backend has none',
  },
  SECRET_UNAVAILABLE: {
    retryable: true,
    meaning: 'a secret backend cannot be reached, throttles or refuses',
  },
  SOURCE_REPLACED: {
    retryable: false,
    meaning: 'what a position counts in was deleted and created again under its name',
  },
  CHAIN_TOO_LONG: {
    retryable: true,
    meaning: 'more batches are staged than are committed; the committer is behind',
  },
  DELIVERY_FAILED: { retryable: true, meaning: 'records were not accepted after all retries' },
  QUERY_FAILED: { retryable: false, meaning: 'a SQL statement failed' },
  USAGE: { retryable: false, meaning: 'a command was called wrongly' },
} as const satisfies Record<string, { retryable: boolean; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Facts that help to find the place; never payloads, never secrets. */
export type ErrorContext = Readonly<Record<string, string | number | bigint | boolean | null>>;

/** The one error class. Message: lower-case, value received, value expected, next step. */
export class SluiceError extends Error {
  override readonly name = 'SluiceError';
  readonly code: ErrorCode;
  readonly context: ErrorContext;

  constructor(
    code: ErrorCode,
    message: string,
    options: { context?: ErrorContext; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.context = options.context ?? {};
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** True for a SluiceError with this code; total on foreign values. */
export function hasCode(error: unknown, code: ErrorCode): error is SluiceError {
  return error instanceof SluiceError && error.code === code;
}
