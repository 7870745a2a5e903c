import { floorDivide } from '../../civil-date.ts';
import type { Value } from '../../schema/field.ts';
import type { ExpressionType } from '../expression-type.ts';
import { divideHalfUp, powerOfTen } from '../values/decimal-arithmetic.ts';
import { roundHalfAway } from './value-cast.ts';

type Outcome = { readonly value: Value } | { readonly problem: string };
type Apply = (args: readonly Value[]) => Outcome;

type RoundingFunction = 'abs' | 'round' | 'floor' | 'ceil';

const INT64_LIMIT = 1n << 63n;
/** Doubles of at least this size are whole numbers. */
const WHOLE_DOUBLE = 2 ** 52;

/** abs, round, floor and ceil of a long, float, double or decimal. Source: Trino, MathFunctions. */
export function roundFunction(name: RoundingFunction, type: ExpressionType): Apply {
  switch (type.kind) {
    case 'long':
      return longFunction(name);
    case 'decimal':
      return decimalFunction(name, type.scale);
    case 'float': {
      const compute = doubleFunction(name);
      return (args) => ({ value: Math.fround(compute(args)) });
    }
    default: {
      const compute = doubleFunction(name);
      return (args) => ({ value: compute(args) });
    }
  }
}

function longFunction(name: RoundingFunction): Apply {
  if (name === 'abs') {
    return ([value]) => fitLong((value as bigint) < 0n ? -(value as bigint) : (value as bigint));
  }
  // Whole numbers are their own floor and ceiling; rounding to negative decimals rounds to tens, hundreds and so on.
  return ([value, decimals = 0n]) => {
    if (name !== 'round' || (decimals as bigint) >= 0n) return { value: value as bigint };
    if ((decimals as bigint) < -18n) return { problem: '10 to that power does not fit 64 bits' };
    const unit = powerOfTen(-Number(decimals));
    return fitLong(divideHalfUp(value as bigint, unit) * unit);
  };
}

function fitLong(value: bigint): Outcome {
  if (value < INT64_LIMIT && value >= -INT64_LIMIT) return { value };
  return { problem: 'result does not fit 64 bits' };
}

function decimalFunction(name: RoundingFunction, scale: number): Apply {
  const unit = powerOfTen(scale);
  switch (name) {
    case 'abs':
      return ([value]) => ({
        value: (value as bigint) < 0n ? -(value as bigint) : (value as bigint),
      });
    case 'floor':
      return ([value]) => ({ value: floorDivide(value as bigint, unit) });
    case 'ceil':
      return ([value]) => ({ value: -floorDivide(-(value as bigint), unit) });
    case 'round':
      return ([value, decimals]) => {
        if (decimals === undefined) return { value: divideHalfUp(value as bigint, unit) };
        return { value: roundDecimal(value as bigint, scale, decimals as bigint) };
      };
  }
}

/** Keeps the scale and zeroes the digits behind `decimals`, which may be negative. */
function roundDecimal(value: bigint, scale: number, decimals: bigint): bigint {
  const dropped = BigInt(scale) - decimals;
  if (dropped <= 0n) return value;
  // No decimal has more than 38 digits, so what is rounded to a larger unit is zero.
  if (dropped > 39n) return 0n;
  const unit = powerOfTen(Number(dropped));
  return divideHalfUp(value, unit) * unit;
}

function doubleFunction(name: RoundingFunction): (args: readonly Value[]) => number {
  switch (name) {
    case 'abs':
      return ([value]) => Math.abs(value as number);
    case 'floor':
      return ([value]) => Math.floor(value as number);
    case 'ceil':
      return ([value]) => Math.ceil(value as number);
    case 'round':
      return ([value, decimals = 0n]) => roundDouble(value as number, Number(decimals));
  }
}

/** Half away from zero after scaling, as Trino does; numbers too large to have such decimals stay as they are. */
function roundDouble(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  const scaled = value * factor;
  if (factor === 0) return 0;
  if (!(Math.abs(scaled) < WHOLE_DOUBLE) || factor === Number.POSITIVE_INFINITY) return value;
  return roundHalfAway(scaled) / factor;
}
