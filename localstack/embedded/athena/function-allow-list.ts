import { AGGREGATE_FUNCTIONS } from './functions/aggregate-functions.ts';
import { ARRAY_FUNCTIONS } from './functions/array-functions.ts';
import { BINARY_FUNCTIONS } from './functions/binary-functions.ts';
import { CONDITIONAL_FUNCTIONS } from './functions/conditional-functions.ts';
import { DATE_FORMAT_FUNCTIONS } from './functions/date-format-functions.ts';
import { DATE_FUNCTIONS } from './functions/date-functions.ts';
import type { FunctionSpec } from './functions/function-spec.ts';
import { JSON_FUNCTIONS } from './functions/json-functions.ts';
import { LAMBDA_FUNCTIONS } from './functions/lambda-functions.ts';
import { MATH_FUNCTIONS } from './functions/math-functions.ts';
import { REGEXP_FUNCTIONS } from './functions/regexp-functions.ts';
import { SEQUENCE_FUNCTIONS } from './functions/sequence-functions.ts';
import { STRING_FUNCTIONS } from './functions/string-functions.ts';
import { WINDOW_FUNCTIONS } from './functions/window-functions.ts';

/** Every function a statement can call. One that is not here does not exist: nothing falls through to DuckDB. */
const FUNCTIONS: ReadonlyMap<string, FunctionSpec> = new Map(
  [
    AGGREGATE_FUNCTIONS,
    ARRAY_FUNCTIONS,
    BINARY_FUNCTIONS,
    CONDITIONAL_FUNCTIONS,
    DATE_FORMAT_FUNCTIONS,
    DATE_FUNCTIONS,
    JSON_FUNCTIONS,
    LAMBDA_FUNCTIONS,
    MATH_FUNCTIONS,
    REGEXP_FUNCTIONS,
    SEQUENCE_FUNCTIONS,
    STRING_FUNCTIONS,
    WINDOW_FUNCTIONS,
  ].flatMap((table) => Object.entries(table)),
);

/** The function of a lower-case name, or null. */
export function findFunction(name: string): FunctionSpec | null {
  return FUNCTIONS.get(name) ?? null;
}

/** Names of all functions, sorted. */
export function functionNames(): readonly string[] {
  return [...FUNCTIONS.keys()].sort();
}
