import { notSupported } from '../sql-failure.ts';
import { textSql } from '../trino-types/cast-to-text.ts';
import { commonSuperType } from '../trino-types/coercion.ts';
import { type Compiled, coerce } from '../trino-types/compiled.ts';
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  isFloating,
  isInteger,
  type TrinoType,
  VARCHAR,
} from '../trino-types/trino-type.ts';
import {
  type FunctionSpec,
  type FunctionTable,
  requireArity,
  type ScalarCall,
  unexpectedParameters,
} from './function-spec.ts';
import { failWhen } from './guard.ts';

type ArrayValue = Compiled & { readonly type: TrinoType & { readonly kind: 'array' } };

/** Source: Trino documentation, Array functions and operators, Map functions and operators. */
export const ARRAY_FUNCTIONS: FunctionTable = {
  element_at: { kind: 'scalar', compile: compileElementAt },
  cardinality: { kind: 'scalar', compile: compileCardinality },
  contains: { kind: 'scalar', compile: compileContains },
  array_position: withElement((array, element) => ({
    // 0 when it is not there, where DuckDB gives null.
    sql: `CASE WHEN ${array} IS NOT NULL AND ${element} IS NOT NULL THEN CAST(coalesce(list_position(${array}, ${element}), 0) AS BIGINT) END`,
    type: BIGINT,
  })),
  array_remove: { kind: 'scalar', compile: compileRemove },
  array_distinct: withArray(({ sql, type }) => ({ sql: distinctSql(sql), type })),
  array_sort: withArray(({ sql, type }) => ({
    sql: `list_sort(${sql}, 'ASC', 'NULLS LAST')`,
    type,
  })),
  array_max: withArray((array) => extreme(array, 'max')),
  array_min: withArray((array) => extreme(array, 'min')),
  array_join: { kind: 'scalar', compile: compileJoin },
  slice: { kind: 'scalar', compile: compileSlice },
  flatten: withArray(({ sql, type }, call) => {
    if (type.element.kind !== 'array') throw unexpectedParameters(call);
    return { sql: `flatten(${sql})`, type: type.element };
  }),
  map: { kind: 'scalar', compile: compileMap },
  map_keys: withMap(({ sql, type }) => ({ sql: `map_keys(${sql})`, type: arrayOf(type.key) })),
  map_values: withMap(({ sql, type }) => ({
    sql: `map_values(${sql})`,
    type: arrayOf(type.value),
  })),
};

function isArray(value: Compiled | undefined): value is ArrayValue {
  return value?.type.kind === 'array';
}

function arrayArgument(call: ScalarCall): ArrayValue {
  const [array] = call.args;
  if (!isArray(array)) throw unexpectedParameters(call);
  return array;
}

function withArray(compile: (array: ArrayValue, call: ScalarCall) => Compiled): FunctionSpec {
  return {
    kind: 'scalar',
    compile(call) {
      requireArity(call, 1);
      return compile(arrayArgument(call), call);
    },
  };
}

function withMap(
  compile: (map: Compiled & { readonly type: TrinoType & { readonly kind: 'map' } }) => Compiled,
): FunctionSpec {
  return {
    kind: 'scalar',
    compile(call) {
      requireArity(call, 1);
      const [map] = call.args;
      if (map?.type.kind !== 'map') throw unexpectedParameters(call);
      return compile({ sql: map.sql, type: map.type });
    },
  };
}

/** Array and element in one type. */
function pair(call: ScalarCall): { readonly array: ArrayValue; readonly element: string } {
  requireArity(call, 2);
  const array = arrayArgument(call);
  const element = call.args[1];
  const common = element === undefined ? null : commonSuperType(array.type.element, element.type);
  if (element === undefined || common === null) throw unexpectedParameters(call);
  if (isFloating(common)) throw notSupported(call, `${call.name} of floating numbers`);
  const type = { kind: 'array', element: common } as const;
  return { array: { sql: coerce(array, type).sql, type }, element: coerce(element, common).sql };
}

function withElement(compile: (array: string, element: string) => Compiled): FunctionSpec {
  return {
    kind: 'scalar',
    compile(call) {
      const { array, element } = pair(call);
      return compile(array.sql, element);
    },
  };
}

function indexArgument(call: ScalarCall): string {
  const index = call.args[1];
  if (index === undefined || !isInteger(index.type)) throw unexpectedParameters(call);
  return coerce(index, BIGINT).sql;
}

/** `a[i]`: an index outside the array is an error; `m[k]`: so is a missing key. */
export function compileSubscript(call: ScalarCall): Compiled {
  const [base] = call.args;
  if (base?.type.kind === 'map') {
    const key = mapKey(call, base.type.key);
    const missing = `NOT list_contains(map_keys(${base.sql}), ${key})`;
    const sql = failWhen(missing, 'Key not present in map', {
      sql: `(${base.sql})[${key}]`,
      type: base.type.value,
    });
    return { sql, type: base.type.value };
  }
  const array = arrayArgument(call);
  const index = indexArgument(call);
  const { element } = array.type;
  const outside = failWhen(
    `${index} > len(${array.sql})`,
    'Array subscript must be less than or equal to array length',
    { sql: `(${array.sql})[${index}]`, type: element },
  );
  const sql = failWhen(`${index} < 1`, 'SQL array indices start at 1', {
    sql: outside,
    type: element,
  });
  return { sql, type: element };
}

function mapKey(call: ScalarCall, keyType: TrinoType): string {
  const key = call.args[1];
  const common = key === undefined ? null : commonSuperType(keyType, key.type);
  if (key === undefined || common?.kind !== keyType.kind) throw unexpectedParameters(call);
  return coerce(key, keyType).sql;
}

/** Null outside the array; negative indices count from the end. */
function compileElementAt(call: ScalarCall): Compiled {
  requireArity(call, 2);
  const [base] = call.args;
  if (base?.type.kind === 'map') {
    return { sql: `(${base.sql})[${mapKey(call, base.type.key)}]`, type: base.type.value };
  }
  const array = arrayArgument(call);
  const index = indexArgument(call);
  const type = array.type.element;
  const sql = failWhen(`${index} = 0`, 'SQL array indices start at 1', {
    sql: `(${array.sql})[${index}]`,
    type,
  });
  return { sql, type };
}

function compileCardinality(call: ScalarCall): Compiled {
  requireArity(call, 1);
  const [value] = call.args;
  if (value?.type.kind === 'map') {
    return { sql: `CAST(cardinality(${value.sql}) AS BIGINT)`, type: BIGINT };
  }
  return { sql: `len(${arrayArgument(call).sql})`, type: BIGINT };
}

/** Null when the element is not found but the array holds a null. */
function compileContains(call: ScalarCall): Compiled {
  const { array, element } = pair(call);
  const hasNull = `len(list_filter(${array.sql}, lambda v: v IS NULL)) > 0`;
  const sql =
    `CASE WHEN ${array.sql} IS NULL OR ${element} IS NULL THEN NULL ` +
    `WHEN list_contains(${array.sql}, ${element}) THEN true WHEN ${hasNull} THEN NULL ELSE false END`;
  return { sql, type: BOOLEAN };
}

function compileRemove(call: ScalarCall): Compiled {
  const { array, element } = pair(call);
  const name = call.context.compiler.nextName('v');
  const kept = `list_filter(${array.sql}, lambda ${name}: ${name} IS DISTINCT FROM ${element})`;
  return { sql: `CASE WHEN ${element} IS NOT NULL THEN ${kept} END`, type: array.type };
}

/** In order of first appearance and with one null kept, unlike DuckDB's list_distinct. */
function distinctSql(array: string): string {
  return (
    `CASE WHEN ${array} IS NOT NULL THEN list_transform(list_filter(list_zip(${array}, range(len(${array}))), ` +
    `lambda v: len(list_filter(${array}[1:v[2]], lambda w: w IS NOT DISTINCT FROM v[1])) = 0), lambda v: v[1]) END`
  );
}

/** Null for an empty array and as soon as one element is null. */
function extreme({ sql, type }: ArrayValue, duckAggregate: 'max' | 'min'): Compiled {
  const hasNull = `len(list_filter(${sql}, lambda v: v IS NULL)) > 0`;
  const value = `CASE WHEN ${hasNull} THEN NULL ELSE list_${duckAggregate}(${sql}) END`;
  return { sql: value, type: type.element };
}

/** Nulls are left out, or written as the third argument. */
function compileJoin(call: ScalarCall): Compiled {
  requireArity(call, 2, 3);
  const array = arrayArgument(call);
  const [, delimiter, nullText] = call.args;
  const name = call.context.compiler.nextName('v');
  const text =
    array.type.element.kind === 'varchar' ? name : textSql({ sql: name, type: array.type.element });
  if (delimiter === undefined || text === null) throw unexpectedParameters(call);
  const strings = `list_transform(${array.sql}, lambda ${name}: ${text})`;
  const separator = coerce(delimiter, VARCHAR).sql;
  const items =
    nullText === undefined
      ? `list_filter(${strings}, lambda ${name}: ${name} IS NOT NULL)`
      : `list_transform(${strings}, lambda ${name}: coalesce(${name}, ${coerce(nullText, VARCHAR).sql}))`;
  return { sql: `array_to_string(${items}, ${separator})`, type: VARCHAR };
}

function compileSlice(call: ScalarCall): Compiled {
  requireArity(call, 3);
  const array = arrayArgument(call);
  const [, start, length] = call.args;
  if (start === undefined || length === undefined) throw unexpectedParameters(call);
  if (!isInteger(start.type) || !isInteger(length.type)) throw unexpectedParameters(call);
  const from = coerce(start, BIGINT).sql;
  const count = coerce(length, BIGINT).sql;
  const first = `CASE WHEN ${from} < 0 THEN len(${array.sql}) + ${from} + 1 ELSE ${from} END`;
  const within = `CASE WHEN ${first} < 1 THEN ${array.sql}[1:0] ELSE ${array.sql}[${first}:${first} + ${count} - 1] END`;
  const positive = failWhen(`${count} < 0`, 'length must be greater than or equal to 0', {
    sql: within,
    type: array.type,
  });
  return {
    sql: failWhen(`${from} = 0`, 'SQL array indices start at 1', {
      sql: positive,
      type: array.type,
    }),
    type: array.type,
  };
}

function compileMap(call: ScalarCall): Compiled {
  requireArity(call, 2);
  const [keys, values] = call.args;
  if (!isArray(keys) || !isArray(values)) throw unexpectedParameters(call);
  const type = { kind: 'map', key: keys.type.element, value: values.type.element } as const;
  return { sql: `map(${keys.sql}, ${values.sql})`, type };
}
