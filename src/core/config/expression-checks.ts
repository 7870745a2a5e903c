import { SluiceError } from '../errors.ts';
import { checkExpression } from '../expression/check-expression.ts';
import { commonType, describeType, isSameType } from '../expression/expression-type.ts';
import { parseGeneratorCall } from '../generate/generator-call.ts';
import type { CheckExpression, CheckGenerator } from './check-expression.ts';

/** A rule must be a condition; a mapping's result must widen to its column without a cast. */
const checkRowExpression: CheckExpression = (text, fields, { expect, column }) => {
  const checked = checkExpression(text, fields, expect === 'boolean' ? { expect } : {});
  if (!checked.ok) return `column ${checked.column}: ${checked.message}`;
  if (column === null) return null;
  const common = commonType(checked.type, column.type);
  if (common !== null && isSameType(common, column.type)) return null;
  return `gives ${describeType(checked.type)}, but column ${column.name} is ${describeType(column.type)}; use cast(… as …)`;
};

const checkGeneratorCall: CheckGenerator = (text) => {
  try {
    parseGeneratorCall(text);
    return null;
  } catch (error) {
    if (error instanceof SluiceError) return error.message;
    throw error;
  }
};

/** What parseProject needs to check the expressions and generators of a domain file. */
export const expressionChecks = {
  checkExpression: checkRowExpression,
  checkGenerator: checkGeneratorCall,
} as const;
