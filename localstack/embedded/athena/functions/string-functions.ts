import { commonSuperType } from '../trino-types/coercion.ts';
import { type Compiled, coerce } from '../trino-types/compiled.ts';
import { arrayOf, BIGINT, INTEGER, VARCHAR } from '../trino-types/trino-type.ts';
import {
  type FunctionSpec,
  type FunctionTable,
  type ScalarCall,
  scalar,
  unexpectedParameters,
} from './function-spec.ts';
import { failWhen } from './guard.ts';

/** Trino's limit is 2^31 - 1; one call must not fill the memory of a laptop. */
const MAX_PADDED_LENGTH = 1_000_000;

const SPACES = "(' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13))";

/** Strings count and compare by code points. Source: Trino documentation, String functions. */
export const STRING_FUNCTIONS: FunctionTable = {
  length: scalar({ args: [VARCHAR], returns: BIGINT, sql: (text) => `length(${text})` }),
  lower: changeCase('lower'),
  upper: changeCase('upper'),
  // DuckDB reverses grapheme clusters.
  reverse: { kind: 'scalar', compile: compileReverse },
  trim: trimming('trim'),
  ltrim: trimming('ltrim'),
  rtrim: trimming('rtrim'),
  substring: substring(),
  substr: substring(),
  concat: { kind: 'scalar', compile: compileConcat },
  concat_ws: scalar({
    args: [VARCHAR, VARCHAR],
    rest: VARCHAR,
    returns: VARCHAR,
    sql: (...args) => `concat_ws(${args.join(', ')})`,
  }),
  replace: scalar(
    { args: [VARCHAR, VARCHAR], returns: VARCHAR, sql: (text, from) => replace(text, from, "''") },
    { args: [VARCHAR, VARCHAR, VARCHAR], returns: VARCHAR, sql: replace },
  ),
  strpos: scalar({
    args: [VARCHAR, VARCHAR],
    returns: BIGINT,
    sql: (text, part) => `strpos(${text}, ${part})`,
  }),
  split: scalar({
    args: [VARCHAR, VARCHAR],
    returns: arrayOf(VARCHAR),
    sql: (text, delimiter) =>
      failWhen(`${delimiter} = ''`, 'The delimiter may not be the empty string', {
        sql: `string_split(${text}, ${delimiter})`,
        type: arrayOf(VARCHAR),
      }),
  }),
  // A field that does not exist is null, where DuckDB's split_part gives an empty string.
  split_part: scalar({
    args: [VARCHAR, VARCHAR, BIGINT],
    returns: VARCHAR,
    sql: (text, delimiter, index) =>
      failWhen(`${index} <= 0`, 'Index must be greater than zero', {
        sql: `(string_split(${text}, ${delimiter}))[${index}]`,
        type: VARCHAR,
      }),
  }),
  lpad: padding('lpad'),
  rpad: padding('rpad'),
  starts_with: scalar({
    args: [VARCHAR, VARCHAR],
    returns: { kind: 'boolean' },
    sql: (text, prefix) => `starts_with(${text}, ${prefix})`,
  }),
  chr: scalar({
    args: [BIGINT],
    returns: { kind: 'varchar', length: 1 },
    sql: (code) => `chr(CAST(${code} AS INTEGER))`,
  }),
  codepoint: scalar({
    args: [VARCHAR],
    returns: INTEGER,
    sql: (text) =>
      failWhen(`length(${text}) <> 1`, 'Input string must be a single character string', {
        sql: `unicode(${text})`,
        type: INTEGER,
      }),
  }),
  levenshtein_distance: scalar({
    args: [VARCHAR, VARCHAR],
    returns: BIGINT,
    sql: (a, b) => `athena_levenshtein(${a}, ${b})`,
  }),
  translate: scalar({
    args: [VARCHAR, VARCHAR, VARCHAR],
    returns: VARCHAR,
    sql: (text, from, to) => `translate(${text}, ${from}, ${to})`,
  }),
};

/** Java maps code points one by one, so that ß stays; beyond ASCII that is done by a function of our own. */
function changeCase(direction: 'lower' | 'upper'): FunctionSpec {
  return scalar({
    args: [VARCHAR],
    returns: VARCHAR,
    sql: (text) =>
      `CASE WHEN strlen(${text}) = length(${text}) THEN ${direction}(${text}) ELSE athena_${direction}(${text}) END`,
  });
}

/** Without characters to trim, all white space goes, where DuckDB removes blanks only. */
function trimming(duckFunction: string): FunctionSpec {
  return scalar(
    { args: [VARCHAR], returns: VARCHAR, sql: (text) => `${duckFunction}(${text}, ${SPACES})` },
    {
      args: [VARCHAR, VARCHAR],
      returns: VARCHAR,
      sql: (text, characters) => `${duckFunction}(${text}, ${characters})`,
    },
  );
}

function padding(duckFunction: string): FunctionSpec {
  return scalar({
    args: [VARCHAR, BIGINT, VARCHAR],
    returns: VARCHAR,
    sql: (text, size, pad) =>
      failWhen(
        `${size} < 0 OR ${size} > ${MAX_PADDED_LENGTH} OR ${pad} = ''`,
        `Target length must be in the range [0..${MAX_PADDED_LENGTH}] and the padding string not empty`,
        { sql: `${duckFunction}(${text}, CAST(${size} AS INTEGER), ${pad})`, type: VARCHAR },
      ),
  });
}

/** Position 0 and positions before the start give an empty string; DuckDB clamps them. */
function substring(): FunctionSpec {
  const outside = (text: string, start: string): string =>
    `${start} = 0 OR ${start} < -length(${text})`;
  return scalar(
    {
      args: [VARCHAR, BIGINT],
      returns: VARCHAR,
      sql: (text, start) =>
        `CASE WHEN ${outside(text, start)} THEN CASE WHEN ${text} IS NOT NULL THEN '' END ELSE substring(${text}, ${start}) END`,
    },
    {
      args: [VARCHAR, BIGINT, BIGINT],
      returns: VARCHAR,
      sql: (text, start, length) =>
        `CASE WHEN ${outside(text, start)} OR ${length} <= 0 ` +
        `THEN CASE WHEN ${text} IS NOT NULL AND ${start} IS NOT NULL AND ${length} IS NOT NULL THEN '' END ` +
        `ELSE substring(${text}, ${start}, ${length}) END`,
    },
  );
}

function replace(text: string, from: string, to: string): string {
  return failWhen(`${from} = ''`, 'the local query engine does not replace the empty string', {
    sql: `replace(${text}, ${from}, ${to})`,
    type: VARCHAR,
  });
}

function compileReverse(call: ScalarCall): Compiled {
  const [value, second] = call.args;
  if (value === undefined || second !== undefined) throw unexpectedParameters(call);
  if (value.type.kind === 'array') return { sql: `list_reverse(${value.sql})`, type: value.type };
  if (value.type.kind !== 'varchar' && value.type.kind !== 'unknown') {
    throw unexpectedParameters(call, [{ args: [VARCHAR] }]);
  }
  return { sql: `athena_reverse(${coerce(value, VARCHAR).sql})`, type: VARCHAR };
}

/** Null if any argument is null. Also the `||` operator. */
function compileConcat(call: ScalarCall): Compiled {
  if (call.args.length < 2) throw unexpectedParameters(call, [{ args: [VARCHAR, VARCHAR] }]);
  if (call.args.some((arg) => arg.type.kind === 'array')) return concatArrays(call);
  const kinds = call.args.map((arg) => arg.type.kind);
  if (kinds.every((kind) => kind === 'varbinary')) {
    return {
      sql: `(${call.args.map((arg) => arg.sql).join(' || ')})`,
      type: { kind: 'varbinary' },
    };
  }
  if (!kinds.every((kind) => kind === 'varchar' || kind === 'unknown')) {
    throw unexpectedParameters(call, [{ args: [VARCHAR, VARCHAR] }]);
  }
  return {
    sql: `(${call.args.map((arg) => coerce(arg, VARCHAR).sql).join(' || ')})`,
    type: VARCHAR,
  };
}

/** DuckDB's list_concat takes null for an empty list. An element may stand for a list of itself. */
function concatArrays(call: ScalarCall): Compiled {
  const lists = call.args.map(
    (arg): Compiled =>
      arg.type.kind === 'array' || arg.type.kind === 'unknown'
        ? arg
        : { sql: `[${arg.sql}]`, type: arrayOf(arg.type) },
  );
  const [first, ...others] = lists;
  if (first === undefined) throw unexpectedParameters(call);
  return others.reduce((left, right) => {
    const common = commonSuperType(left.type, right.type);
    if (common === null) throw unexpectedParameters(call);
    const a = coerce(left, common).sql;
    const b = coerce(right, common).sql;
    const sql = `CASE WHEN ${a} IS NOT NULL AND ${b} IS NOT NULL THEN list_concat(${a}, ${b}) END`;
    return { sql, type: common };
  }, first);
}
