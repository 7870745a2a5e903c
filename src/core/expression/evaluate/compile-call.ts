import { civilFromDays, floorDivide, MICROS_PER_DAY } from '../../civil-date.ts';
import type { Value } from '../../schema/field.ts';
import type { FunctionName, TypedNode } from '../typed-tree.ts';
import {
  type DateUnit,
  daysFromMicros,
  type TimeUnit,
  truncateDate,
  truncateTimestamp,
} from '../values/calendar.ts';
import {
  countCodePoints,
  joinStrings,
  lowerCase,
  MAX_STRING_LENGTH,
  replaceAll,
  substring,
  trimSpace,
  upperCase,
} from '../values/code-points.ts';
import { isLess } from './compile-comparison.ts';
import type { CompileContext, Evaluate } from './compile-context.ts';
import { roundFunction } from './round-number.ts';

type CallNode = Extract<TypedNode, { kind: 'call' }>;

/** Result for arguments of which none is null; a string says why there is none. */
type Outcome = { readonly value: Value } | { readonly problem: string };
type Apply = (args: readonly Value[]) => Outcome;

const MICROS_PER_HOUR = 3_600_000_000n;

/** A call with any null argument is null; that holds for every function but coalesce, which is no call. */
export function compileCall(node: CallNode, context: CompileContext): Evaluate {
  const apply = applyOf(node);
  const args = node.args.map((arg) => context.compile(arg));
  return (row) => {
    const values: Value[] = [];
    for (const arg of args) {
      const value = arg(row);
      if (value === null) return null;
      values.push(value);
    }
    const outcome = apply(values);
    if ('problem' in outcome) throw context.fail(node, `${node.name}: ${outcome.problem}`);
    return outcome.value;
  };
}

function applyOf(node: CallNode): Apply {
  const [first] = node.args;
  const type = first?.type ?? node.type;
  switch (node.name) {
    case 'abs':
    case 'round':
    case 'floor':
    case 'ceil':
      return roundFunction(node.name, type);
    case 'least':
    case 'greatest':
      return extreme(node.name, isLess(node.type));
    case 'date_trunc':
      return truncate(node);
    case 'year':
    case 'month':
    case 'day':
      return datePart(node.name, type.kind === 'date');
    case 'hour':
      return ([micros]) => {
        const ofDay =
          (micros as bigint) - floorDivide(micros as bigint, MICROS_PER_DAY) * MICROS_PER_DAY;
        return { value: ofDay / MICROS_PER_HOUR };
      };
    default:
      return TEXT_FUNCTIONS[node.name];
  }
}

type TextFunction = Extract<
  FunctionName,
  'upper' | 'lower' | 'trim' | 'length' | 'substr' | 'concat' | 'replace'
>;

const TEXT_FUNCTIONS: Readonly<Record<TextFunction, Apply>> = {
  upper: ([text]) => ({ value: upperCase(text as string) }),
  lower: ([text]) => ({ value: lowerCase(text as string) }),
  trim: ([text]) => ({ value: trimSpace(text as string) }),
  length: ([text]) => ({ value: BigInt(countCodePoints(text as string)) }),
  substr: ([text, start, length]) => ({
    value: substring(text as string, start as bigint, (length as bigint | undefined) ?? null),
  }),
  concat: (parts) => limited(joinStrings(parts as readonly string[])),
  replace: ([text, search, replacement = '']) =>
    limited(replaceAll(text as string, search as string, replacement as string)),
};

function limited(text: string | null): Outcome {
  if (text !== null) return { value: text };
  return { problem: `result has more than ${MAX_STRING_LENGTH} characters` };
}

function extreme(name: 'least' | 'greatest', less: (left: Value, right: Value) => boolean): Apply {
  return (args) => {
    let best: Value = null;
    for (const value of args) {
      // Source: Trino, LeastAndGreatest: NaN has no place in the order.
      if (Number.isNaN(value)) return { problem: 'NaN has no order' };
      const better = best === null || (name === 'least' ? less(value, best) : less(best, value));
      if (better) best = value;
    }
    return { value: best };
  };
}

function truncate(node: CallNode): Apply {
  const [unit] = node.args;
  const name = (unit?.kind === 'literal' ? unit.value : '') as TimeUnit | DateUnit;
  if (node.type.kind === 'date') {
    return ([, days]) => ({ value: truncateDate(name as DateUnit, days as number) });
  }
  return ([, micros]) => ({ value: truncateTimestamp(name, micros as bigint) });
}

function datePart(part: 'year' | 'month' | 'day', isDate: boolean): Apply {
  return ([value]) => {
    const days = isDate ? (value as number) : daysFromMicros(value as bigint);
    return { value: BigInt(civilFromDays(days)[part]) };
  };
}
