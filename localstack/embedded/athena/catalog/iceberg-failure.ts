import { SluiceError } from '#core/errors.ts';
import { SqlFailure } from '../sql-failure.ts';

/** What the Iceberg module refuses or finds broken, as a failure of the statement. */
export function asSqlFailure(error: unknown): unknown {
  if (!(error instanceof SluiceError)) return error;
  switch (error.code) {
    case 'FEATURE_UNSUPPORTED':
      return new SqlFailure('NOT_SUPPORTED', error.message, { cause: error });
    case 'QUERY_FAILED':
      return new SqlFailure('INVALID_ARGUMENTS', error.message, { cause: error });
    default:
      return new SqlFailure('ICEBERG_INVALID_METADATA', error.message, { cause: error });
  }
}
