import { suggest } from '../closest-name.ts';
import { convert } from '../convert-type.ts';
import { invalidAt } from '../expression-error.ts';
import { commonType, describeType, type ExpressionType, isSameType } from '../expression-type.ts';
import type { TypedNode } from '../typed-tree.ts';
import { describeExtension, EXTENSION_PREFIX, type FunctionTable } from './function-table.ts';

/** Resolves `fn:name(…)`. Throws EXPRESSION_INVALID, with a suggestion for an unknown name. */
export function checkExtension(
  written: string,
  args: readonly TypedNode[],
  place: { readonly functions: FunctionTable; readonly column: number },
): TypedNode {
  const { functions, column } = place;
  const extension = functions.get(written.slice(EXTENSION_PREFIX.length));
  if (extension === undefined) {
    const names = [...functions.keys()].map((name) => `${EXTENSION_PREFIX}${name}`);
    const known =
      names.length === 0
        ? '; extensions/functions.ts has none'
        : `; extensions/functions.ts has ${names.join(', ')}`;
    throw invalidAt(column, `unknown function "${written}"${suggest(written, names) || known}`);
  }
  const usage = describeExtension(extension);
  if (args.length !== extension.args.length) {
    throw invalidAt(column, `${written} with ${args.length} arguments, expected ${usage}`);
  }
  const converted = args.map((arg, index) => widen(arg, extension.args[index] ?? arg.type, usage));
  return { kind: 'extension', extension, args: converted, type: extension.returns, column };
}

function widen(arg: TypedNode, wanted: ExpressionType, usage: string): TypedNode {
  const common = commonType(arg.type, wanted);
  if (common !== null && isSameType(common, wanted)) return convert(arg, wanted);
  const type = describeType(wanted);
  throw invalidAt(
    arg.column,
    `got ${describeType(arg.type)}, expected ${type} in ${usage}; use cast(… as ${type})`,
  );
}
