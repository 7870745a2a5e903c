import { checkExpression } from '../expression/check-expression.ts';
import { assignmentProblem } from '../expression/field-assignment.ts';
import { checkGeneratorCall } from '../generate/field-generator.ts';
import type { CheckExpression, ConfigChecks } from './check-expression.ts';

/** A rule must be a condition; a mapping's result must fit its column without a cast. */
const checkRowExpression: CheckExpression = (text, fields, { expect, column }) => {
  const checked = checkExpression(text, fields, expect === 'boolean' ? { expect } : {});
  if (!checked.ok) return `column ${checked.column}: ${checked.message}`;
  return column === null ? null : assignmentProblem(checked.type, column);
};

/** What parseProject needs to check the expressions and generators of a domain file. */
export const expressionChecks = {
  checkExpression: checkRowExpression,
  checkGenerator: checkGeneratorCall,
} as const satisfies ConfigChecks;
