import { VARBINARY, VARCHAR } from '../trino-types/trino-type.ts';
import { type FunctionSpec, type FunctionTable, scalar } from './function-spec.ts';

/** Source: Trino documentation, Binary functions and operators. */
export const BINARY_FUNCTIONS: FunctionTable = {
  to_utf8: scalar({ args: [VARCHAR], returns: VARBINARY, sql: (text) => `encode(${text})` }),
  // Trino replaces bytes that are no UTF-8; here they fail the query.
  from_utf8: scalar({ args: [VARBINARY], returns: VARCHAR, sql: (bytes) => `decode(${bytes})` }),
  to_hex: scalar({ args: [VARBINARY], returns: VARCHAR, sql: (bytes) => `hex(${bytes})` }),
  from_hex: scalar({ args: [VARCHAR], returns: VARBINARY, sql: (text) => `unhex(${text})` }),
  to_base64: scalar({ args: [VARBINARY], returns: VARCHAR, sql: (bytes) => `to_base64(${bytes})` }),
  from_base64: scalar({
    args: [VARCHAR],
    returns: VARBINARY,
    sql: (text) => `from_base64(${text})`,
  }),
  md5: digest('md5'),
  sha1: digest('sha1'),
  sha256: digest('sha256'),
};

/** DuckDB gives digests as hexadecimal text, Trino as bytes. */
function digest(duckFunction: string): FunctionSpec {
  return scalar({
    args: [VARBINARY],
    returns: VARBINARY,
    sql: (bytes) => `unhex(${duckFunction}(${bytes}))`,
  });
}
