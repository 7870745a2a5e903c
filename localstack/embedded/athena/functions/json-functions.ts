import { parseJsonPath } from '../engine/json-path.ts';
import { failAt } from '../sql-failure.ts';
import { type Compiled, coerce } from '../trino-types/compiled.ts';
import { BIGINT, JSON_TYPE, quoteText, VARCHAR } from '../trino-types/trino-type.ts';
import {
  type FunctionTable,
  literalText,
  requireArity,
  type ScalarCall,
  scalar,
  unexpectedParameters,
} from './function-spec.ts';

/** JSON is held as text and read by our own functions. Source: Trino documentation, JSON functions and operators. */
export const JSON_FUNCTIONS: FunctionTable = {
  json_parse: scalar({
    args: [VARCHAR],
    returns: JSON_TYPE,
    sql: (text) => `athena_json_parse(${text})`,
  }),
  json_format: scalar({ args: [JSON_TYPE], returns: VARCHAR, sql: (json) => json }),
  json_extract: {
    kind: 'scalar',
    compile: (call) => ({ sql: extractSql(call, 'athena_json_extract'), type: JSON_TYPE }),
  },
  json_extract_scalar: {
    kind: 'scalar',
    compile: (call) => ({ sql: extractSql(call, 'athena_json_scalar'), type: VARCHAR }),
  },
  json_array_length: {
    kind: 'scalar',
    compile(call) {
      requireArity(call, 1);
      return { sql: `athena_json_array_length(${jsonText(call)})`, type: BIGINT };
    },
  },
  json_size: {
    kind: 'scalar',
    compile: (call) => ({ sql: extractSql(call, 'athena_json_size'), type: BIGINT }),
  },
};

function jsonText(call: ScalarCall): string {
  const [value] = call.args;
  if (value === undefined || !['json', 'varchar', 'unknown'].includes(value.type.kind)) {
    throw unexpectedParameters(call);
  }
  return toText(value);
}

function toText(value: Compiled): string {
  return value.type.kind === 'unknown' ? coerce(value, VARCHAR).sql : value.sql;
}

function extractSql(call: ScalarCall, duckFunction: string): string {
  requireArity(call, 2);
  const path = literalText(call, 1, 'JSON path');
  if (parseJsonPath(path) === null) {
    throw failAt(
      'INVALID_FUNCTION_ARGUMENT',
      call.nodes[1] ?? call,
      `Invalid JSON path: '${path}'`,
    );
  }
  return `${duckFunction}(${jsonText(call)}, ${quoteText(path)})`;
}
