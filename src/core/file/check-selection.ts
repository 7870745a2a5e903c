import { hasCode } from '../errors.ts';
import { typeExpression } from '../expression/check-expression.ts';
import { compileTyped } from '../expression/compile-expression.ts';
import { createFieldAssigner } from '../expression/field-assignment.ts';
import { type Field, storedName } from '../schema/field.ts';

/** What is wrong with an expression that fills a field from columns; null when nothing is. */
export function checkFieldExpression(
  field: Field,
  selected: { readonly field: string; readonly expression: string },
  columns: readonly Field[],
): string | null {
  try {
    const typed = typeExpression(selected.expression, columns);
    const evaluate = compileTyped(typed, selected.expression);
    const inCents = field.type.kind === 'money' && selected.field === storedName(field);
    // Texts of times are read by the formats of the entry: a text fits them as far as its type goes.
    createFieldAssigner(field, { type: typed.type, evaluate, inCents });
    return null;
  } catch (error) {
    if (!hasCode(error, 'EXPRESSION_INVALID')) throw error;
    return `column ${error.context['column']}: ${error.message}`;
  }
}
