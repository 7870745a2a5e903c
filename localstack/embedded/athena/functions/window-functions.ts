import { commonSuperType } from '../trino-types/coercion.ts';
import type { Compiled } from '../trino-types/compiled.ts';
import { coerce } from '../trino-types/compiled.ts';
import { BIGINT, DOUBLE, isInteger, type TrinoType } from '../trino-types/trino-type.ts';
import {
  type AggregateCall,
  type FunctionSpec,
  type FunctionTable,
  unexpectedParameters,
} from './function-spec.ts';

/** Source: Trino documentation, Window functions. */
export const WINDOW_FUNCTIONS: FunctionTable = {
  row_number: ranking('row_number', BIGINT),
  rank: ranking('rank', BIGINT),
  dense_rank: ranking('dense_rank', BIGINT),
  percent_rank: ranking('percent_rank', DOUBLE),
  cume_dist: ranking('cume_dist', DOUBLE),
  ntile: {
    kind: 'window',
    compile: (call) => ({ sql: call.invoke('ntile', [integerArgument(call, 0)]), type: BIGINT }),
  },
  lag: { kind: 'window', compile: (call) => compileOffset(call, 'lag') },
  lead: { kind: 'window', compile: (call) => compileOffset(call, 'lead') },
  first_value: { kind: 'window', compile: (call) => compileValue(call, 1) },
  last_value: { kind: 'window', compile: (call) => compileValue(call, 1) },
  nth_value: { kind: 'window', compile: (call) => compileValue(call, 2) },
};

function ranking(duckFunction: string, type: TrinoType): FunctionSpec {
  return {
    kind: 'window',
    compile(call) {
      if (call.args.length > 0 || call.star) throw unexpectedParameters(call);
      return { sql: call.invoke(duckFunction, []), type };
    },
  };
}

function integerArgument(call: AggregateCall, index: number): string {
  const value = call.args[index];
  if (value === undefined || !isInteger(value.type)) throw unexpectedParameters(call);
  return coerce(value, BIGINT).sql;
}

/** `lag(x [, offset [, default]])`, and lead. */
function compileOffset(call: AggregateCall, duckFunction: string): Compiled {
  const [value, offset, fallback, extra] = call.args;
  if (value === undefined || extra !== undefined || call.star) throw unexpectedParameters(call);
  const offsetSql = offset === undefined ? '1' : integerArgument(call, 1);
  const common = fallback === undefined ? value.type : commonSuperType(value.type, fallback.type);
  if (common === null) throw unexpectedParameters(call);
  const args = [coerce(value, common).sql, offsetSql];
  if (fallback !== undefined) args.push(coerce(fallback, common).sql);
  return { sql: call.invoke(duckFunction, args), type: common };
}

function compileValue(call: AggregateCall, count: number): Compiled {
  const [value] = call.args;
  if (value === undefined || call.args.length !== count) throw unexpectedParameters(call);
  const args = count === 2 ? [value.sql, integerArgument(call, 1)] : [value.sql];
  return { sql: call.invoke(call.name, args), type: value.type };
}
