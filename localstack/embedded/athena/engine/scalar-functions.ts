import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBScalarFunction,
  type DuckDBType,
  FLOAT,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import { formatDaySecond, formatDouble, formatReal, formatYearMonth } from '../result-format.ts';
import { divideDecimals } from './divide-decimals.ts';
import { parseIsoDate, parseIsoTimestamp } from './iso-time.ts';
import {
  extractJson,
  extractScalar,
  jsonArrayLength,
  jsonSize,
  normalizeJson,
} from './json-values.ts';
import { lowerCase, upperCase } from './letter-case.ts';
import { levenshtein } from './levenshtein.ts';

type Argument = string | number | bigint;

interface ScalarDefinition {
  readonly parameters: readonly DuckDBType[];
  readonly returns: DuckDBType;
  /** Called when no argument is null; null arguments give null. A throw fails the query, or TRY's row. */
  readonly call: (...args: never[]) => Argument | null;
}

/**
 * Functions DuckDB has no exact counterpart of, in TypeScript. A throw must read
 * `CODE: message`, which is how the failure is reported.
 */
const DEFINITIONS: Readonly<Record<string, ScalarDefinition>> = {
  athena_fail: { parameters: [VARCHAR], returns: VARCHAR, call: fail },
  athena_double_text: { parameters: [DOUBLE], returns: VARCHAR, call: formatDouble },
  athena_real_text: { parameters: [FLOAT], returns: VARCHAR, call: formatReal },
  athena_day_second_text: { parameters: [BIGINT], returns: VARCHAR, call: formatDaySecond },
  athena_year_month_text: { parameters: [INTEGER], returns: VARCHAR, call: formatYearMonth },
  athena_cbrt: { parameters: [DOUBLE], returns: DOUBLE, call: Math.cbrt },
  athena_decimal_divide: {
    parameters: [VARCHAR, VARCHAR, INTEGER],
    returns: VARCHAR,
    call: divideDecimals,
  },
  athena_reverse: {
    parameters: [VARCHAR],
    returns: VARCHAR,
    call: (text: string) => [...text].reverse().join(''),
  },
  athena_upper: { parameters: [VARCHAR], returns: VARCHAR, call: upperCase },
  athena_lower: { parameters: [VARCHAR], returns: VARCHAR, call: lowerCase },
  athena_levenshtein: { parameters: [VARCHAR, VARCHAR], returns: BIGINT, call: levenshtein },
  athena_iso_date: { parameters: [VARCHAR], returns: VARCHAR, call: parseIsoDate },
  athena_iso_timestamp: { parameters: [VARCHAR], returns: BIGINT, call: parseIsoTimestamp },
  athena_json_parse: { parameters: [VARCHAR], returns: VARCHAR, call: normalizeJson },
  athena_json_extract: { parameters: [VARCHAR, VARCHAR], returns: VARCHAR, call: extractJson },
  athena_json_scalar: { parameters: [VARCHAR, VARCHAR], returns: VARCHAR, call: extractScalar },
  athena_json_size: { parameters: [VARCHAR, VARCHAR], returns: BIGINT, call: jsonSize },
  athena_json_array_length: { parameters: [VARCHAR], returns: BIGINT, call: jsonArrayLength },
};

/** Registers the functions on a connection; they exist for its database only. */
export function registerScalarFunctions(connection: DuckDBConnection): void {
  for (const [name, definition] of Object.entries(DEFINITIONS)) {
    connection.registerScalarFunction(
      DuckDBScalarFunction.create({
        name,
        returnType: definition.returns,
        parameterTypes: definition.parameters,
        mainFunction(_info, chunk, output) {
          const columns = definition.parameters.map((_, index) => chunk.getColumnVector(index));
          const call = definition.call as (...args: readonly Argument[]) => Argument | null;
          for (let row = 0; row < chunk.rowCount; row++) {
            const args = columns.map((column) => column.getItem(row) as Argument | null);
            output.setItem(row, args.includes(null) ? null : call(...(args as Argument[])));
          }
          output.flush();
        },
      }),
    );
  }
}

function fail(message: string): never {
  throw new Error(message);
}
