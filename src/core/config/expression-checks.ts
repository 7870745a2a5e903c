import { checkExpression } from '../expression/check-expression.ts';
import { calledExtensions, type FunctionTable } from '../expression/extension/function-table.ts';
import { assignmentProblem } from '../expression/field-assignment.ts';
import { checkGeneratorCall } from '../generate/field-generator.ts';
import type { CheckExpression, ConfigChecks } from './check-expression.ts';

/** Functions of a user, and the hash of what they are made from. */
export interface Extensions {
  readonly functions: FunctionTable;
  readonly sources: string;
}

/**
 * What parseProject needs to check the expressions and generators of a domain file: a rule must be a condition, a
 * mapping's result must fit its column without a cast, and `fn:name(…)` must be among the extensions.
 */
export function createExpressionChecks(extensions?: Extensions) {
  const checkRowExpression: CheckExpression = (text, fields, { expect, column }) => {
    const functions = extensions?.functions;
    const options = expect === 'boolean' ? { expect, functions } : { functions };
    const checked = checkExpression(text, fields, options);
    if (!checked.ok) return `column ${checked.column}: ${checked.message}`;
    return column === null ? null : assignmentProblem(checked.type, column);
  };
  return {
    checkExpression: checkRowExpression,
    checkGenerator: checkGeneratorCall,
    extensionsOf: (expressions: readonly string[]): string | null =>
      extensions !== undefined && expressions.some((text) => calledExtensions(text).length > 0)
        ? extensions.sources
        : null,
  } as const satisfies ConfigChecks;
}

/** The checks without extensions. */
export const expressionChecks = createExpressionChecks();
