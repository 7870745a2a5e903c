import type { Stream } from '../config/project.ts';
import { hasCode } from '../errors.ts';
import { compileExpression } from '../expression/compile-expression.ts';
import { calledExtensions } from '../expression/extension/function-table.ts';
import { type Field, type Row, storedName, type Value } from '../schema/field.ts';

/**
 * Finds a change that makes a row break a rejecting quality rule: a number of −1, else a missing optional value, else
 * an empty text. Null when no such change breaks a rule. The broken row still fits the schema.
 */
export function createRowBreaker(
  stream: Pick<Stream, 'fields' | 'quality'>,
  sample: Row,
): ((row: Row) => Row) | null {
  const rules = stream.quality
    // What a user's function makes of a row is not known here.
    .filter(({ onFail, rule }) => onFail === 'reject' && calledExtensions(rule).length === 0)
    .map((rule) => compileExpression(rule.rule, stream.fields));
  const breaks = (row: Row) => rules.some((rule) => !holds(rule, row));
  for (const candidatesOf of [negativeNumber, missingValue, emptyText]) {
    for (const field of stream.fields) {
      const broken = candidatesOf(field);
      if (broken === undefined) continue;
      const name = storedName(field);
      if (breaks({ ...sample, [name]: broken })) return (row) => ({ ...row, [name]: broken });
    }
  }
  return null;
}

/** A rule that cannot be evaluated rejects the row like one that does not hold. */
function holds(rule: (row: Row) => Value, row: Row): boolean {
  try {
    return rule(row) === true;
  } catch (error) {
    if (!hasCode(error, 'EXPRESSION_FAILED')) throw error;
    return false;
  }
}

function negativeNumber({ type }: Field): Value | undefined {
  if (type.kind === 'int' || type.kind === 'float' || type.kind === 'double') return -1;
  return type.kind === 'long' || type.kind === 'money' || type.kind === 'decimal' ? -1n : undefined;
}

function missingValue({ optional }: Field): Value | undefined {
  return optional ? null : undefined;
}

function emptyText({ type }: Field): Value | undefined {
  return type.kind === 'string' ? '' : undefined;
}
