import { suggest } from './closest-name.ts';
import { convert, expectType, toCommonType } from './convert-type.ts';
import { invalidAt } from './expression-error.ts';
import {
  type DecimalType,
  decimal,
  describeType,
  type ExpressionType,
  isComparable,
  isInteger,
  isNumeric,
  LONG,
  STRING,
  TIMESTAMP,
} from './expression-type.ts';
import type { FunctionName, TypedNode } from './typed-tree.ts';
import { DATE_UNITS, isDateUnit, isTimeUnit, TIME_UNITS } from './values/calendar.ts';

interface Call {
  readonly name: FunctionName;
  readonly args: readonly TypedNode[];
  readonly column: number;
}

interface Signature {
  /** How the function is called, for messages. */
  readonly usage: string;
  readonly minArgs: number;
  readonly maxArgs: number;
  /** Types the call and converts its arguments. */
  readonly check: (call: Call) => TypedNode;
}

const text: Signature['check'] = (call) => typed(call, STRING, call.args.map(expectString(call)));
const datePart: Signature['check'] = (call) => typed(call, LONG, [expectTemporal(call)]);
const roundDown: Signature['check'] = (call) => typedNumber(call, (type) => roundedDecimal(type));

/** All functions there are. Their meaning is Trino's: docs/expressions.md. */
const SIGNATURES: Readonly<Record<FunctionName, Signature>> = {
  upper: { usage: 'upper(text)', minArgs: 1, maxArgs: 1, check: text },
  lower: { usage: 'lower(text)', minArgs: 1, maxArgs: 1, check: text },
  trim: { usage: 'trim(text)', minArgs: 1, maxArgs: 1, check: text },
  length: {
    usage: 'length(text)',
    minArgs: 1,
    maxArgs: 1,
    check: (call) => typed(call, LONG, call.args.map(expectString(call))),
  },
  substr: {
    usage: 'substr(text, start [, length])',
    minArgs: 2,
    maxArgs: 3,
    check: (call) => typed(call, STRING, textThenCounts(call)),
  },
  concat: { usage: 'concat(text, text, …)', minArgs: 2, maxArgs: 100, check: text },
  replace: { usage: 'replace(text, search [, replacement])', minArgs: 2, maxArgs: 3, check: text },
  abs: {
    usage: 'abs(number)',
    minArgs: 1,
    maxArgs: 1,
    check: (call) => typedNumber(call, (type) => type),
  },
  round: { usage: 'round(number [, decimals])', minArgs: 1, maxArgs: 2, check: checkRound },
  floor: { usage: 'floor(number)', minArgs: 1, maxArgs: 1, check: roundDown },
  ceil: { usage: 'ceil(number)', minArgs: 1, maxArgs: 1, check: roundDown },
  date_trunc: {
    usage: "date_trunc('unit', date or timestamp)",
    minArgs: 2,
    maxArgs: 2,
    check: checkDateTrunc,
  },
  year: { usage: 'year(date or timestamp)', minArgs: 1, maxArgs: 1, check: datePart },
  month: { usage: 'month(date or timestamp)', minArgs: 1, maxArgs: 1, check: datePart },
  day: { usage: 'day(date or timestamp)', minArgs: 1, maxArgs: 1, check: datePart },
  hour: {
    usage: 'hour(timestamp)',
    minArgs: 1,
    maxArgs: 1,
    check: (call) => typed(call, LONG, [convert(expectTemporal(call), TIMESTAMP)]),
  },
  least: { usage: 'least(value, value, …)', minArgs: 2, maxArgs: 100, check: checkExtreme },
  greatest: { usage: 'greatest(value, value, …)', minArgs: 2, maxArgs: 100, check: checkExtreme },
};

/** Functions with nodes of their own. */
const SPECIAL = ['coalesce', 'matches', 'cast'];

/** Resolves a function call. Throws EXPRESSION_INVALID, with a suggestion for an unknown name. */
export function checkCall(name: string, args: readonly TypedNode[], column: number): TypedNode {
  if (name === 'coalesce') return checkCoalesce(args, column);
  if (!isFunctionName(name)) {
    const names = [...Object.keys(SIGNATURES), ...SPECIAL];
    const hint = suggest(name, names) || `; functions are ${names.join(', ')}`;
    throw invalidAt(column, `unknown function "${name}"${hint}`);
  }
  const { usage, minArgs, maxArgs, check } = SIGNATURES[name];
  if (args.length < minArgs || args.length > maxArgs) {
    throw invalidAt(column, `${name} with ${args.length} arguments, expected ${usage}`);
  }
  return check({ name, args, column });
}

function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(SIGNATURES, name);
}

function checkCoalesce(args: readonly TypedNode[], column: number): TypedNode {
  if (args.length < 2) {
    throw invalidAt(column, `coalesce with ${args.length} arguments, expected coalesce(a, b, …)`);
  }
  const operands = toCommonType(args, 'in coalesce', column);
  return { kind: 'coalesce', operands, type: operands[0]?.type ?? STRING, column };
}

function checkExtreme(call: Call): TypedNode {
  const args = toCommonType(call.args, `in ${call.name}`, call.column);
  const type = args[0]?.type ?? STRING;
  if (!isComparable(type)) {
    throw invalidAt(
      call.column,
      `${call.name} of ${describeType(type)}, expected values with an order`,
    );
  }
  return typed(call, type, args);
}

function checkRound(call: Call): TypedNode {
  const [value, decimals] = call.args as [TypedNode, TypedNode?];
  if (decimals === undefined) return roundDown(call);
  if (!isInteger(decimals.type) && decimals.type.kind !== 'null') {
    throw invalidAt(
      decimals.column,
      `got ${describeType(decimals.type)}, expected a whole number of decimals`,
    );
  }
  const single = typedNumber({ ...call, args: [value] }, (type) =>
    decimal(type.precision + 1, type.scale),
  );
  if (single.kind !== 'call') return single;
  return { ...single, args: [...single.args, convert(decimals, LONG)] };
}

/** The type of a number stays, but for int (which becomes long) and decimal (see `decimalType`). */
function typedNumber(call: Call, decimalType: (type: DecimalType) => ExpressionType): TypedNode {
  const [value] = call.args as [TypedNode];
  const { type } = value;
  if (type.kind === 'null') return value;
  if (!isNumeric(type)) {
    throw invalidAt(
      value.column,
      `got ${describeType(type)}, expected a number in ${SIGNATURES[call.name].usage}`,
    );
  }
  if (type.kind === 'decimal') return typed(call, decimalType(type), [value]);
  const result = type.kind === 'int' ? LONG : type;
  return typed(call, result, [convert(value, result)]);
}

/** Source: Trino, MathFunctions.Round: one more digit for the carry. */
function roundedDecimal({ precision, scale }: DecimalType): DecimalType {
  return decimal(Math.max(1, precision - scale + Math.min(1, scale)), 0);
}

function checkDateTrunc(call: Call): TypedNode {
  const [unit, value] = call.args as [TypedNode, TypedNode];
  const name = unit.kind === 'literal' ? unit.value : null;
  const units = [...TIME_UNITS, ...DATE_UNITS];
  if (typeof name !== 'string' || !(isTimeUnit(name) || isDateUnit(name))) {
    const hint = typeof name === 'string' ? suggest(name, units) : '';
    throw invalidAt(unit.column, `unknown unit, expected one of '${units.join("', '")}'${hint}`);
  }
  const moment = expectTemporal({ ...call, args: [value] });
  if (moment.type.kind === 'date' && isTimeUnit(name)) {
    throw invalidAt(
      unit.column,
      `a date has no ${name}; cast it to timestamp, or use ${DATE_UNITS.join(', ')}`,
    );
  }
  return typed(call, moment.type, [unit, moment]);
}

function expectTemporal(call: Call): TypedNode {
  const [value] = call.args as [TypedNode];
  if (value.type.kind === 'null') return convert(value, TIMESTAMP);
  if (value.type.kind === 'date' || value.type.kind === 'timestamp_micros') return value;
  throw invalidAt(
    value.column,
    `got ${describeType(value.type)}, expected a date or timestamp in ${SIGNATURES[call.name].usage}`,
  );
}

function textThenCounts(call: Call): readonly TypedNode[] {
  return call.args.map((arg, index) => {
    if (index === 0) return expectString(call)(arg);
    if (isInteger(arg.type) || arg.type.kind === 'null') return convert(arg, LONG);
    throw invalidAt(
      arg.column,
      `got ${describeType(arg.type)}, expected a whole number in ${SIGNATURES[call.name].usage}`,
    );
  });
}

function expectString(call: Call): (arg: TypedNode) => TypedNode {
  return (arg) =>
    expectType(arg, STRING, `a string in ${SIGNATURES[call.name].usage}; use cast(… as string)`);
}

function typed(call: Call, type: ExpressionType, args: readonly TypedNode[]): TypedNode {
  return { kind: 'call', name: call.name, args, type, column: call.column };
}
