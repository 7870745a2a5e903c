import { SluiceError } from '#core/errors.ts';
import { typeExpression } from '#core/expression/check-expression.ts';
import { compileTyped } from '#core/expression/compile-expression.ts';
import { type ExpressionType, STRING } from '#core/expression/expression-type.ts';
import { parseExpression } from '#core/expression/syntax/parse-expression.ts';
import type { Value } from '#core/schema/field.ts';
import { type CompileJsonPath, type JsonDocument, partsAt } from './json-document.ts';
import { memberFields, memberRow, membersOf, RecordProblem, textOf } from './record-members.ts';

/** A value taken from a record, as an expression or a JSONPath says. */
export interface RecordValue {
  readonly type: ExpressionType;
  /** Throws RecordProblem and EXPRESSION_FAILED when the record has none. */
  evaluate(record: JsonDocument): Value;
}

/** True for a JSONPath, false for an expression. */
export function isJsonPath(text: string): boolean {
  return text.startsWith('$');
}

/** Compiles `from` of a selection or of a cursor. Throws EXPRESSION_INVALID. */
export function compileRecordValue(text: string, compilePath: CompileJsonPath): RecordValue {
  if (!isJsonPath(text)) return compileMembers(text);
  const path = compilePath(text);
  return {
    type: STRING,
    evaluate: (record) => {
      const [part, other] = partsAt(record, path);
      if (other !== undefined) throw new RecordProblem(`${text}: expected one value, got several`);
      return part === undefined ? null : textOf(part.exact, text);
    },
  };
}

function compileMembers(text: string): RecordValue {
  const tree = membersOf(parseExpression(text));
  const typed = typeExpression(text, memberFields(tree));
  if (typed.type.kind === 'record') {
    throw new SluiceError('EXPRESSION_INVALID', 'gives an object, expected a single value', {
      context: { column: 1 },
    });
  }
  const evaluate = compileTyped(typed, text);
  return { type: typed.type, evaluate: (record) => evaluate(memberRow(record, tree)) };
}
