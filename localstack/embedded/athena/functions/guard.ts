import type { FailureCode } from '../sql-failure.ts';
import { failureSql } from '../trino-types/compiled.ts';
import { quoteText, type TrinoType } from '../trino-types/trino-type.ts';

/** `sql` unless the condition holds; then the query fails with the message. */
export function failWhen(
  condition: string,
  message: string,
  value: { readonly sql: string; readonly type: TrinoType; readonly code?: FailureCode },
): string {
  const failure = failureSql(
    value.code ?? 'INVALID_FUNCTION_ARGUMENT',
    quoteText(message),
    value.type,
  );
  return `CASE WHEN ${condition} THEN ${failure} ELSE ${value.sql} END`;
}
